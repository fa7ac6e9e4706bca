import type { Ledger, ReportedAlarm } from '../ledger.ts';
import { isOvertaken } from '../overtaking.ts';
import type { SqliteDatabase } from './database.ts';

function readReportedAlarm(database: SqliteDatabase, name: string): ReportedAlarm | null {
  const row = database.get<ReportedAlarm>('SELECT * FROM reportedAlarms WHERE name = :name', {
    name,
  });
  return row ? { ...row } : null;
}

/** What other systems tell of their alarms. */
export function createReportedAlarms(database: SqliteDatabase) {
  return {
    putReportedAlarm: async (alarm) =>
      database.transaction(() => {
        if (isOvertaken(alarm, readReportedAlarm(database, alarm.name))) return;
        const { name, state, since, reason, source, heardAt } = alarm;
        database.run(
          `INSERT OR REPLACE INTO reportedAlarms (name, state, since, reason, source, heardAt)
           VALUES (:name, :state, :since, :reason, :source, :heardAt)`,
          { name, state, since, reason, source, heardAt },
        );
      }),
    getReportedAlarms: async (names) =>
      [...new Set(names)].flatMap((name) => readReportedAlarm(database, name) ?? []),
  } satisfies Partial<Ledger>;
}
