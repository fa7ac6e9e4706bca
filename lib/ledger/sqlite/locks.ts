import type { Weights } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Ledger, Lock, TrafficIntent } from '../ledger.ts';
import type { SqliteDatabase } from './database.ts';
import { outcomeOf } from './releases.ts';

type LockRow = { service: string; releaseId: string | null; epoch: number };
type IntentRow = Omit<TrafficIntent, 'weights'> & { weightsJson: string };

function readRow(database: SqliteDatabase, service: string): LockRow | undefined {
  return database.get<LockRow>('SELECT * FROM locks WHERE service = :service', { service });
}

function readLock(database: SqliteDatabase, service: string): Lock | null {
  const { releaseId, epoch } = readRow(database, service) ?? { releaseId: null, epoch: 0 };
  return releaseId === null ? null : { service, releaseId, epoch };
}

/**
 * Takes or keeps the lock with the service's next epoch. Call it inside a transaction.
 * @throws ReleaseInProgressError when another release holds it.
 */
export function takeLock(database: SqliteDatabase, service: string, releaseId: string): Lock {
  const taken = database.get<{ epoch: number }>(
    `INSERT INTO locks (service, releaseId, epoch) VALUES (:service, :releaseId, 1)
     ON CONFLICT (service) DO UPDATE SET releaseId = :releaseId, epoch = epoch + 1
       WHERE releaseId IS NULL OR releaseId = :releaseId
     RETURNING epoch`,
    { service, releaseId },
  );
  if (taken) return { service, releaseId, epoch: taken.epoch };
  const holder = readLock(database, service)?.releaseId;
  throw new VerdigrisError(
    'ReleaseInProgressError',
    `service "${service}" is being released by ${holder}; wait for it or roll it back`,
    { details: { releaseId: holder } },
  );
}

/** Frees the lock if this release holds it. Its epoch stays. */
export function freeLock(database: SqliteDatabase, service: string, releaseId: string): void {
  database.run(
    'UPDATE locks SET releaseId = NULL WHERE service = :service AND releaseId = :releaseId',
    { service, releaseId },
  );
}

/**
 * A call of an ended release that was presumed dead must leave nothing behind.
 * @throws ReleaseStateError
 */
export function refuseEnded(database: SqliteDatabase, releaseId: string): void {
  const outcome = outcomeOf(database, releaseId);
  if (outcome === null) return;
  throw new VerdigrisError(
    'ReleaseStateError',
    `release ${releaseId} has ended (${outcome}); open it again first`,
    { details: { outcome } },
  );
}

function acquire(database: SqliteDatabase, service: string, releaseId: string): Lock {
  refuseEnded(database, releaseId);
  const held = readLock(database, service);
  return held?.releaseId === releaseId ? held : takeLock(database, service, releaseId);
}

function raise(database: SqliteDatabase, service: string, releaseId: string): Lock {
  refuseEnded(database, releaseId);
  return takeLock(database, service, releaseId);
}

/**
 * The right to move traffic is the lock under its present epoch.
 * @throws StaleEpochError
 */
export function refuseStale(
  database: SqliteDatabase,
  { service, releaseId, epoch }: Pick<TrafficIntent, 'service' | 'releaseId' | 'epoch'>,
): void {
  const row = readRow(database, service);
  if (row?.epoch === epoch && row.releaseId === releaseId) return;
  throw new VerdigrisError(
    'StaleEpochError',
    `release ${releaseId} may not move traffic of service "${service}" under epoch ${epoch}; it is at ${row?.epoch ?? 0}, held by ${row?.releaseId ?? 'nobody'}`,
    { details: { epoch: row?.epoch ?? 0 } },
  );
}

/**
 * Some outcomes keep the lock, and with it the right epoch; the release moves nothing all the same.
 * @throws StaleEpochError
 */
function refuseEndedMove(
  database: SqliteDatabase,
  { releaseId, service, epoch }: TrafficIntent,
): void {
  const outcome = outcomeOf(database, releaseId);
  if (outcome === null) return;
  throw new VerdigrisError(
    'StaleEpochError',
    `release ${releaseId} has ended (${outcome}) and may not move traffic of service "${service}" any more`,
    { details: { epoch } },
  );
}

function writeIntent(database: SqliteDatabase, intent: TrafficIntent): void {
  refuseStale(database, intent);
  refuseEndedMove(database, intent);
  const { weights, ...columns } = intent;
  database.run(
    `INSERT INTO intents (id, releaseId, service, epoch, weightsJson, deadline)
     VALUES (:id, :releaseId, :service, :epoch, :weightsJson, :deadline)
     ON CONFLICT (id) DO UPDATE SET deadline = :deadline`,
    { ...columns, weightsJson: JSON.stringify(weights) },
  );
}

/** Who may move a service's traffic, and what was about to be moved. */
export function createLocks(database: SqliteDatabase) {
  return {
    acquireLock: async (service, releaseId) =>
      database.transaction(() => acquire(database, service, releaseId)),
    raiseEpoch: async (service, releaseId) =>
      database.transaction(() => raise(database, service, releaseId)),
    getLock: async (service) => readLock(database, service),
    releaseLock: async (service, releaseId) => freeLock(database, service, releaseId),
    recordIntent: async (intent) => database.transaction(() => writeIntent(database, intent)),
    listIntents: async (releaseId) =>
      database
        .all<IntentRow>(
          `SELECT id, releaseId, service, epoch, weightsJson, deadline FROM intents
           WHERE releaseId = :releaseId ORDER BY seq`,
          { releaseId },
        )
        .map(({ weightsJson, ...row }) => ({
          ...row,
          weights: JSON.parse(weightsJson) as Weights,
        })),
  } satisfies Partial<Ledger>;
}
