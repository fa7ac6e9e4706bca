import type { QuietedAlarms } from '../ledger/ledger.ts';
import { epochMs, isoTime } from '../release/clock.ts';
import type { ReleaseDocument } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import type { AlarmActions } from '../signals/signal.ts';
import { planOf } from './document.ts';
import { isInformational } from './informational.ts';
import type { Ports, StepCall } from './ports.ts';
import { record } from './record.ts';

/**
 * Keeps the informational alarms of a release from telling others while traffic moves. Which ones they
 * are is in the ledger before anything changes and until they are restored, so that whoever ends the
 * release, and the sweep, knows what to do. Nothing about it stops a release.
 */
export async function quietAlarms(
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
): Promise<void> {
  const actions = actionsOf(document, ports);
  if (!actions) return;
  const { releaseId } = document;
  try {
    const quieted = await remember(document, actions, ports, call);
    if (quieted.alarms.length === 0) return;
    await actions.suspend(quieted.alarms);
    // This very call may have been presumed dead, and all be over.
    const now = await ports.ledger.getRelease(releaseId);
    if (now?.outcome) await restore(quieted, await ports.ledger.listQuieted(), now.document, ports);
  } catch (error) {
    ports.log.warn('alarms could not be quieted', { releaseId, reason: messageOf(error) });
  }
}

/**
 * What is quiet for this or another release counts as in force: it was before. What somebody else had
 * suspended stays out.
 */
async function remember(
  document: ReleaseDocument,
  actions: AlarmActions,
  ports: Ports,
  call: StepCall,
): Promise<QuietedAlarms> {
  const { releaseId, service, epoch } = document;
  const { signals } = planOf(document);
  const settlesAt = isoTime(ports.clock.now() + call.remainingMs());
  // Looked at first: what is restored between the two looks is in force by the second.
  const known = (await ports.ledger.listQuieted()).filter((it) => isSamePlace(it, { signals }));
  const names = informationalOf(document);
  const quiet = names.filter((name) => known.some(({ alarms }) => alarms.includes(name)));
  const loud = await actions.inForce(names.filter((name) => !quiet.includes(name)));
  const alarms = [...quiet, ...loud];
  const quieted = { releaseId, service, epoch, signals, alarms, settlesAt };
  if (alarms.length === 0) return quieted;
  await record(document, ports, {
    key: `alarms-quieted-${epoch}`,
    type: 'Alarms Quieted',
    summary: `${alarms.join(', ')}: informational, and quiet until this release has ended`,
    data: { alarms },
  });
  await ports.ledger.putQuieted(quieted);
  return quieted;
}

/**
 * Gives alarms back what {@link quietAlarms} took from them, once the release has ended. Never throws: a
 * release that has ended is not undone by it, and the sweep comes back to what did not work.
 */
export async function restoreAlarms(document: ReleaseDocument, ports: Ports): Promise<void> {
  const { releaseId, outcome } = document;
  try {
    if (outcome === null || !actionsOf(document, ports)) return;
    const all = await ports.ledger.listQuieted();
    const quieted = all.find((it) => it.releaseId === releaseId);
    if (quieted) await restore(quieted, all, document, ports);
  } catch (error) {
    ports.log.error('alarms are still quiet', { releaseId, reason: messageOf(error) });
  }
}

/** The same for every release of every service that has ended and left alarms quiet. */
export async function restoreLeftQuiet(ports: Ports): Promise<void> {
  for (const { releaseId } of await ports.ledger.listQuieted()) {
    const found = await ports.ledger.getRelease(releaseId);
    if (found) await restoreAlarms(found.document, ports);
  }
}

/** Forgotten only when no call that was presumed dead can quiet them any more. */
async function restore(
  quieted: QuietedAlarms,
  all: readonly QuietedAlarms[],
  document: ReleaseDocument,
  ports: Ports,
): Promise<void> {
  const left = await wantedByOthers(quieted, all, ports);
  const alarms = quieted.alarms.filter((name) => !left.includes(name));
  const { actions } = ports.adapters.signal(quieted.signals, quieted.service);
  if (alarms.length > 0) await actions?.resume(alarms);
  await record(document, ports, {
    key: `alarms-restored-${quieted.epoch}`,
    type: 'Alarms Restored',
    summary: describe(alarms, left),
    data: { alarms, left },
  });
  if (epochMs(quieted.settlesAt) <= ports.clock.now()) await ports.ledger.deleteQuieted(quieted);
}

/**
 * Which of these alarms a running release has quieted, too: they are left to it. One that has ended
 * wants nothing any more, so of two that end at once the second restores what the first has left.
 */
async function wantedByOthers(
  quieted: QuietedAlarms,
  all: readonly QuietedAlarms[],
  ports: Ports,
): Promise<string[]> {
  const wanted: string[] = [];
  for (const other of all) {
    if (other.releaseId === quieted.releaseId || !isSamePlace(other, quieted)) continue;
    const shared = other.alarms.filter((name) => quieted.alarms.includes(name));
    if (shared.length === 0) continue;
    const found = await ports.ledger.getRelease(other.releaseId);
    if (found?.outcome === null) wanted.push(...shared);
  }
  return wanted;
}

function describe(alarms: readonly string[], left: readonly string[]): string {
  const restored = alarms.length > 0 ? [`${alarms.join(', ')}: no longer quiet`] : [];
  const others = left.length > 0 ? [`${left.join(', ')}: left quiet for another release`] : [];
  return [...restored, ...others].join('; ');
}

/** Names mean the same alarms. Where that is not sure, one is rather loud too early than quiet too long. */
function isSamePlace(
  one: Pick<QuietedAlarms, 'signals'>,
  other: Pick<QuietedAlarms, 'signals'>,
): boolean {
  return JSON.stringify(one.signals) === JSON.stringify(other.signals);
}

function actionsOf(document: ReleaseDocument, ports: Ports): AlarmActions | null {
  if (!document.plan || informationalOf(document).length === 0) return null;
  return ports.adapters.signal(document.plan.signals, document.service).actions ?? null;
}

/** Never one that is critical, wherever else it is named. */
function informationalOf(document: ReleaseDocument): string[] {
  const names = planOf(document).watch.informationalAlarms ?? [];
  return names.filter((name) => isInformational({ name }, document));
}
