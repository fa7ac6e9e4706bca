import type { Watch } from '../../ledger/ledger.ts';
import { isNamed } from '../../release/errors.ts';
import type { FiringAlarm } from '../../signals/signal.ts';
import { alarmBreach, isIgnored, recordBreach } from '../breach.ts';
import { alarmHappening, isInformational } from '../informational.ts';
import type { Ports } from '../ports.ts';
import { record } from '../record.ts';

/**
 * An alarm went off: every running release that watches it hears of it at once. What fires before
 * the first shift counts too, unless the manifest says `alreadyFiring: ignore` (rule 11). Where it is
 * an alarm of one `service`, its name means nothing to others.
 */
export async function recordAlarm(
  alarm: FiringAlarm,
  ports: Ports,
  service?: string,
): Promise<void> {
  const all = await ports.ledger.watchesOf(alarm.name);
  const watches = all.filter((watch) => service === undefined || watch.service === service);
  const told = await Promise.allSettled(watches.map((watch) => tellRelease(watch, alarm, ports)));
  // Only now: what ends this call must not cut off the others'.
  const failed = told.find((it) => it.status === 'rejected');
  if (failed) throw failed.reason;
}

async function tellRelease(watch: Watch, alarm: FiringAlarm, ports: Ports): Promise<void> {
  const found = await ports.ledger.getRelease(watch.releaseId);
  if (!found || found.outcome !== null) return;
  const { document } = found;
  if (isInformational(alarm, document)) {
    await record(document, ports, alarmHappening(alarm, ' (informational)'));
    return;
  }
  const isBefore = document.milestones.firstShiftAt === null && document.leaseUntil === null;
  const isLeftAlone = isBefore && document.plan?.watch.alreadyFiring === 'ignore';
  if (!isLeftAlone && !isIgnored(alarm, document)) {
    // The breach first: it is what moves traffic. The alarm's own line follows.
    await recordBreach(document, ports, alarmBreach(alarm, ports)).catch(unlessEnded);
  }
  const remark = isLeftAlone ? ' (before the cutover, left to it)' : '';
  await record(document, ports, alarmHappening(alarm, remark));
}

/** A release that has just ended needs no breach any more. */
function unlessEnded(error: unknown): void {
  if (!isNamed(error, 'ReleaseStateError')) throw error;
}
