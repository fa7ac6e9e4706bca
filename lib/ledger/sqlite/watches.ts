import type { Breach } from '../../release/document.ts';
import type { Ledger, Watch } from '../ledger.ts';
import { isEarlier } from '../turns.ts';
import type { SqliteDatabase } from './database.ts';
import { refuseEnded } from './locks.ts';
import { outcomeOf } from './releases.ts';

type WatchRow = Omit<Watch, 'alarms'> & { alarmsJson: string };

function toWatch({ alarmsJson, ...row }: WatchRow): Watch {
  return { ...row, alarms: JSON.parse(alarmsJson) as string[] };
}

function readWatch(database: SqliteDatabase, releaseId: string): Watch | null {
  const row = database.get<WatchRow>('SELECT * FROM watches WHERE releaseId = :releaseId', {
    releaseId,
  });
  return row ? toWatch(row) : null;
}

/** Forgets a release's watch. Call it inside a transaction. */
export function deleteWatch(database: SqliteDatabase, releaseId: string): void {
  database.run('DELETE FROM watchedAlarms WHERE releaseId = :releaseId', { releaseId });
  database.run('DELETE FROM watches WHERE releaseId = :releaseId', { releaseId });
}

function writeWatch(database: SqliteDatabase, { alarms, ...row }: Watch): void {
  // A call that was presumed dead must not leave a watch behind.
  if (outcomeOf(database, row.releaseId) !== null) return;
  if (isEarlier(row.turn, readWatch(database, row.releaseId)?.turn)) return;
  deleteWatch(database, row.releaseId);
  database.run(
    `INSERT INTO watches (releaseId, service, alarmsJson, token, turn, expiresAt)
     VALUES (:releaseId, :service, :alarmsJson, :token, :turn, :expiresAt)`,
    { ...row, alarmsJson: JSON.stringify(alarms) },
  );
  for (const alarm of new Set(alarms)) {
    database.run('INSERT INTO watchedAlarms (alarm, releaseId) VALUES (:alarm, :releaseId)', {
      alarm,
      releaseId: row.releaseId,
    });
  }
}

/** The release's breach, or null. */
export function readBreach(database: SqliteDatabase, releaseId: string): Breach | null {
  const row = database.get<{ breachJson: string }>(
    'SELECT breachJson FROM breaches WHERE releaseId = :releaseId',
    { releaseId },
  );
  return row ? (JSON.parse(row.breachJson) as Breach) : null;
}

/** Forgets a release's breach. */
export function deleteBreach(database: SqliteDatabase, releaseId: string): void {
  database.run('DELETE FROM breaches WHERE releaseId = :releaseId', { releaseId });
}

function writeBreach(database: SqliteDatabase, releaseId: string, breach: Breach): Breach {
  database.run(
    `INSERT INTO breaches (releaseId, breachJson) VALUES (:releaseId, :breachJson)
     ON CONFLICT (releaseId) DO NOTHING`,
    { releaseId, breachJson: JSON.stringify(breach) },
  );
  return readBreach(database, releaseId) ?? breach;
}

/** Who wants to hear of which alarm, and what was heard. */
export function createWatches(database: SqliteDatabase) {
  return {
    putWatch: async (watch) => database.transaction(() => writeWatch(database, watch)),
    getWatch: async (releaseId) => readWatch(database, releaseId),
    watchesOf: async (alarm) =>
      database
        .all<WatchRow>(
          `SELECT watches.* FROM watchedAlarms
           JOIN watches ON watches.releaseId = watchedAlarms.releaseId
           WHERE alarm = :alarm ORDER BY watchedAlarms.releaseId`,
          { alarm },
        )
        .map(toWatch),
    recordBreach: async (releaseId, breach) =>
      database.transaction(() => {
        refuseEnded(database, releaseId);
        return writeBreach(database, releaseId, breach);
      }),
    getBreach: async (releaseId) => readBreach(database, releaseId),
  } satisfies Partial<Ledger>;
}
