import { epochMs } from '../../release/clock.ts';
import type { Ledger, ReportedAlarm } from '../ledger.ts';
import { fromText, toText } from './items.ts';
import { keys } from './keys.ts';
import type { Table } from './table.ts';

/** What other systems tell of their alarms. */
export function createReportedAlarms(table: Table) {
  return {
    async putReportedAlarm(alarm) {
      const sinceMs = epochMs(alarm.since);
      const body = toText(`the alarm ${alarm.name}`, alarm);
      await table.write({
        kind: 'put',
        item: { ...keys.reportedAlarm(alarm.name), body, sinceMs },
        // The rule of overtaking.ts, in the words of DynamoDB.
        if: 'attribute_not_exists(#pk) OR #sinceMs <= :since',
        values: { since: sinceMs },
      });
    },

    async getReportedAlarms(names) {
      const items = await table.getAll([...new Set(names)].map(keys.reportedAlarm));
      return items.flatMap((item) => fromText<ReportedAlarm>(item?.body) ?? []);
    },
  } satisfies Partial<Ledger>;
}
