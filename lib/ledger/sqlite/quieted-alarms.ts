import type { Ledger, QuietedAlarms } from '../ledger.ts';
import type { SqliteDatabase } from './database.ts';

/** Which alarms are quiet. */
export function createQuietedAlarms(database: SqliteDatabase) {
  return {
    async putQuieted(quieted) {
      const { releaseId, settlesAt } = quieted;
      database.run(
        `INSERT OR REPLACE INTO quietedAlarms (releaseId, settlesAt, quietedJson)
         VALUES (:releaseId, :settlesAt, :quietedJson)`,
        { releaseId, settlesAt, quietedJson: JSON.stringify(quieted) },
      );
    },
    listQuieted: async () =>
      database
        .all<{ quietedJson: string }>('SELECT quietedJson FROM quietedAlarms ORDER BY releaseId')
        .map(({ quietedJson }) => JSON.parse(quietedJson) as QuietedAlarms),
    async deleteQuieted({ releaseId, settlesAt }) {
      database.run(
        'DELETE FROM quietedAlarms WHERE releaseId = :releaseId AND settlesAt = :settlesAt',
        { releaseId, settlesAt },
      );
    },
  } satisfies Partial<Ledger>;
}
