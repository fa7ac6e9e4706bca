import type { ReportedAlarm } from '../../ledger/ledger.ts';
import { epochMs, isoTime } from '../../release/clock.ts';
import {
  type AlertSource,
  readAlarmState,
  reportedAlarmsOf,
  reportedName,
  type ToldAlert,
} from '../../release/reported-alerts.ts';
import type { Ports } from '../ports.ts';
import { validManifests } from './manifests.ts';
import { recordAlarm } from './record-alarm.ts';

/** What somebody tells of alerts. */
export interface AlertReport {
  source: AlertSource;
  alerts: readonly ToldAlert[];
  /** The services whose alarms it may be about. */
  services: readonly string[];
}

/** An alarm that a message told of. */
export interface HeardAlarm {
  service: string;
  alarm: string;
  state: 'firing' | 'ok';
}

/**
 * Somebody tells of alerts: what it means for the alarms of every service is kept, and every running
 * release that watches one which fires hears of it at once. The same message again changes nothing, and
 * one that was overtaken by a later one is not acted on. Comes back with the alarms it was about.
 * @throws LedgerUnavailableError, EngineUnavailableError and the like: it has to be told again.
 */
export async function reportAlerts(report: AlertReport, ports: Ports): Promise<HeardAlarm[]> {
  const { source, alerts, services } = report;
  const nowMs = ports.clock.now();
  const manifests = (await validManifests(ports)).filter(({ service }) =>
    services.includes(service),
  );
  const heard = manifests.flatMap(({ service, signals }) => {
    const config = reportedAlarmsOf(signals);
    if (config?.source !== source) return [];
    return Object.entries(config.alarms).flatMap(([alarm, matcher]) => {
      const state = readAlarmState(matcher, alerts, nowMs);
      return state ? [{ service, alarm, source, heardAt: isoTime(nowMs), ...state }] : [];
    });
  });
  const kept = await Promise.allSettled(heard.map((alarm) => keep(alarm, ports)));
  // Only now: what ends this call must not cut off the others'.
  const failed = kept.find((it) => it.status === 'rejected');
  if (failed) throw failed.reason;
  return heard.map(({ service, alarm, state }) => ({ service, alarm, state }));
}

interface Told extends HeardAlarm {
  source: AlertSource;
  since: string;
  reason: string;
  heardAt: string;
}

async function keep({ service, alarm, ...told }: Told, ports: Ports): Promise<void> {
  const name = reportedName(service, alarm);
  const [before] = await ports.ledger.getReportedAlarms([name]);
  await ports.ledger.putReportedAlarm({ name, ...told, since: beginningOf(told, before) });
  if (told.state !== 'firing') return;
  const [newest] = await ports.ledger.getReportedAlarms([name]);
  if (newest?.state !== 'firing') return;
  const { since, reason } = newest;
  await recordAlarm({ name: alarm, since, reason }, ports, service);
}

/**
 * An alarm goes on where the first of its alerts ends while another one fires that began before it was
 * last heard to: what a release has agreed to ignore is no new firing then (rule 11).
 */
function beginningOf(
  told: Pick<Told, 'state' | 'since'>,
  before: ReportedAlarm | undefined,
): string {
  if (told.state !== 'firing' || before?.state !== 'firing') return told.since;
  const isNew = epochMs(told.since) > epochMs(before.heardAt);
  return isNew || epochMs(before.since) > epochMs(told.since) ? told.since : before.since;
}
