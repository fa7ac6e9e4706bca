import type { Outcome, Phase } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Ending, Ledger, ReleaseRecord } from '../ledger.ts';
import { closeApproval } from './approvals.ts';
import type { SqliteDatabase } from './database.ts';
import { insertEvent } from './events.ts';
import { freeLock, refuseStale, takeLock } from './locks.ts';
import { knownRelease, updateRelease } from './releases.ts';
import { deleteBreach, deleteWatch, readBreach } from './watches.ts';

/** After these the traffic is not where it should stay, so no other release may begin. */
const keepingLock: ReadonlySet<Outcome> = new Set(['held', 'rollback-failed']);

function endedRecord(before: ReleaseRecord, ending: Ending): ReleaseRecord {
  const { outcome, reason, at } = ending;
  const document = { ...ending.document, phase: 'ended' as const, outcome };
  return { ...before, phase: 'ended', outcome, reason, endedAt: at, document };
}

function refuseBreached(database: SqliteDatabase, releaseId: string): void {
  const breach = readBreach(database, releaseId);
  if (!breach) return;
  throw new VerdigrisError(
    'BreachError',
    `release ${releaseId} cannot complete, it has a breach: ${breach.reason}`,
    { details: { breach } },
  );
}

function end(
  database: SqliteDatabase,
  releaseId: string,
  ending: Ending,
  from: readonly (Outcome | null)[],
): { record: ReleaseRecord; isNew: boolean } {
  const before = knownRelease(database, releaseId);
  if (!from.includes(before.outcome)) return { record: before, isNew: false };
  if (ending.outcome === 'completed') {
    refuseBreached(database, releaseId);
    refuseStale(database, ending.document);
  }
  if (ending.document.epoch < before.document.epoch) return { record: before, isNew: false };
  updateRelease(database, endedRecord(before, ending));
  insertEvent(database, ending.event);
  deleteWatch(database, releaseId);
  closeApproval(database, releaseId);
  if (!keepingLock.has(ending.outcome)) freeLock(database, before.service, releaseId);
  return { record: knownRelease(database, releaseId), isNew: true };
}

function reopen(
  database: SqliteDatabase,
  releaseId: string,
  from: readonly Outcome[],
  phase: Phase,
): ReleaseRecord {
  const before = knownRelease(database, releaseId);
  if (before.outcome === null || !from.includes(before.outcome)) {
    throw new VerdigrisError(
      'ReleaseStateError',
      `release ${releaseId} is ${before.outcome ?? 'still running'}; this needs ${from.join(' or ')}`,
      { details: { outcome: before.outcome } },
    );
  }
  const { epoch } = takeLock(database, before.service, releaseId);
  const document = { ...before.document, epoch, phase, outcome: null, breach: null };
  updateRelease(database, {
    ...before,
    phase,
    outcome: null,
    reason: null,
    endedAt: null,
    document,
  });
  deleteBreach(database, releaseId);
  return knownRelease(database, releaseId);
}

/** The end of a release, and the way back from it. */
export function createEndings(database: SqliteDatabase) {
  return {
    endRelease: async (releaseId, ending, from) =>
      database.transaction(() => end(database, releaseId, ending, from)),
    reopenRelease: async (releaseId, from, phase) =>
      database.transaction(() => reopen(database, releaseId, from, phase)),
  } satisfies Partial<Ledger>;
}
