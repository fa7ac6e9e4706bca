import type { Ledger } from '../ledger/ledger.ts';
import { type Clock, epochMs } from '../release/clock.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { KindSchema } from '../release/manifest.ts';
import { nearestName } from '../release/nearest.ts';
import { reportedAlarmsSchema, reportedName } from '../release/reported-alerts.ts';
import type { Signal } from './signal.ts';

/** The kind, for the manifest. */
export const reportedAlarmsKind: KindSchema = {
  kind: 'reported-alarms',
  schema: reportedAlarmsSchema,
};

/** What the signal works with. */
export interface ReportedAlarmsDeps {
  ledger: Pick<Ledger, 'getReportedAlarms'>;
  clock: Clock;
}

/**
 * Alarms that Alertmanager or Grafana tell of by webhook: what was told last counts. Nobody can be
 * asked, so an alarm that was never told of is quiet, and one that fires is over when that is told, or
 * when it is not repeated for `staleAfter`: Alertmanager repeats what fires every `repeat_interval`
 * (prometheus.io/docs/alerting/latest/configuration/#route), but tells neither that nor the end of
 * what somebody has silenced.
 * @throws ZodError when `config` is not valid against its schema.
 */
export function createReportedAlarms(
  config: AdapterConfig,
  service: string,
  { ledger, clock }: ReportedAlarmsDeps,
): Signal {
  const { alarms, source, staleAfter } = reportedAlarmsSchema.parse(config);
  const known = Object.keys(alarms);
  async function told(names: readonly string[]) {
    const defined = names.filter((name) => known.includes(name));
    const found = await ledger
      .getReportedAlarms(defined.map((name) => reportedName(service, name)))
      .catch((cause) => {
        const message = `what was told of alarms cannot be read: ${messageOf(cause)}`;
        throw new VerdigrisError('SignalUnavailableError', message, { cause });
      });
    return new Map(found.filter((it) => it.source === source).map((it) => [it.name, it]));
  }
  return {
    async firing(names) {
      refuseUnknown(names, known);
      const reports = await told(names);
      const freshSince = clock.now() - staleAfter * 1000;
      return names.flatMap((name) => {
        const report = reports.get(reportedName(service, name));
        if (report?.state !== 'firing' || epochMs(report.heardAt) < freshSince) return [];
        return [{ name, since: report.since, reason: report.reason }];
      });
    },
    async examine(names) {
      const reports = await told(names);
      return names.map((name) => {
        const exists = known.includes(name);
        // That nobody has told of it may be because it never fired.
        return { name, exists, hasAction: reports.has(reportedName(service, name)) || null };
      });
    },
  };
}

function refuseUnknown(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  throw new VerdigrisError(
    'AlarmUnknownError',
    `alarm "${unknown}" is not defined in signals.alarms` +
      (nearest ? `; did you mean "${nearest}"?` : ''),
  );
}
