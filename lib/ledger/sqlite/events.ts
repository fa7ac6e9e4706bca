import type { ReleaseEvent } from '../../release/events.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Ledger } from '../ledger.ts';
import type { SqliteDatabase } from './database.ts';

type EventRow = Omit<ReleaseEvent, 'data'> & { dataJson: string };

const columns = 'id, type, releaseId, service, at, "by", summary, dataJson';

function toEvent({ dataJson, ...row }: EventRow): ReleaseEvent {
  return { ...row, data: JSON.parse(dataJson) as JsonObject };
}

/** Adds an event; false when its id is there already. */
export function insertEvent(database: SqliteDatabase, { data, ...event }: ReleaseEvent): boolean {
  const changes = database.run(
    `INSERT INTO events (${columns})
     VALUES (:id, :type, :releaseId, :service, :at, :by, :summary, :dataJson)
     ON CONFLICT (id) DO NOTHING`,
    { ...event, dataJson: JSON.stringify(data) },
  );
  return changes > 0;
}

/** What happened. Rows are only ever added. */
export function createEvents(database: SqliteDatabase) {
  return {
    appendEvent: async (event) => ({ isNew: insertEvent(database, event) }),
    listEvents: async (releaseId) =>
      database
        .all<EventRow>(`SELECT ${columns} FROM events WHERE releaseId = :releaseId ORDER BY seq`, {
          releaseId,
        })
        .map(toEvent),
    listServiceEvents: async (service, limit) =>
      database
        .all<EventRow>(
          `SELECT ${columns} FROM events WHERE service = :service
           ORDER BY at DESC, seq DESC LIMIT :limit`,
          { service, limit },
        )
        .map(toEvent),
  } satisfies Partial<Ledger>;
}
