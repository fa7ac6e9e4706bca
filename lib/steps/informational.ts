import type { ReleaseDocument } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import type { FiringAlarm } from '../signals/signal.ts';
import { planOf } from './document.ts';
import type { Ports } from './ports.ts';
import { type Happening, record } from './record.ts';

/** Whether the manifest has the release only write this alarm down. */
export function isInformational(
  { name }: Pick<FiringAlarm, 'name'>,
  { plan }: Pick<ReleaseDocument, 'plan'>,
): boolean {
  if (!plan || plan.watch.alarms.includes(name)) return false;
  return plan.watch.informationalAlarms?.includes(name) ?? false;
}

/** The line of an alarm that fired: one for each time, however often and by whomever it is told. */
export function alarmHappening({ name, since, reason }: FiringAlarm, remark = ''): Happening {
  return {
    key: `alarm-${name}-${since}`,
    type: 'Alarm Fired',
    at: since,
    by: `alarm:${name}`,
    summary: `${name}: ${reason}${remark}`,
  };
}

/**
 * Writes down which informational alarms fire now, where nobody told of them. Not being able to know is
 * no reason to stop a release that they could not stop either.
 */
export async function noteInformational(document: ReleaseDocument, ports: Ports): Promise<void> {
  const { signals, watch } = planOf(document);
  const names = watch.informationalAlarms ?? [];
  if (names.length === 0) return;
  try {
    const firing = await ports.adapters.signal(signals, document.service).firing(names);
    for (const alarm of firing) {
      await record(document, ports, alarmHappening(alarm, ' (informational)'));
    }
  } catch (error) {
    ports.log.warn('informational alarms could not be looked at', { reason: messageOf(error) });
  }
}
