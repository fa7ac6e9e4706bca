import type { Outcome, Phase } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Ending, Ledger, ReleaseRecord } from '../ledger.ts';
import { putApproval, type SeenApproval, toSeenApproval } from './approvals.ts';
import { nextSeq } from './counter.ts';
import { keepEvent } from './events.ts';
import type { Check, Put, Update, Write } from './expressions.ts';
import type { Item } from './items.ts';
import { keys } from './keys.ts';
import {
  freeLock,
  refuseOthers,
  refuseStale,
  type SeenLock,
  takeLock,
  toSeenLock,
} from './locks.ts';
import { type SeenRecord, toSeenRecord, turnRecord } from './releases.ts';
import { type ReleaseState, toState } from './state.ts';
import { raced, settle, type Table } from './table.ts';
import { deleteAlarms, ifSameAlarms, seenAlarms } from './watches.ts';

/** After these the traffic is not where it should stay, so no other release may begin. */
const keepingLock: ReadonlySet<Outcome> = new Set(['held', 'rollback-failed']);

/** All that the end of a release looks at, as it was in one moment. */
interface SeenRelease extends SeenRecord {
  state: ReleaseState;
  lock: SeenLock;
  approval: SeenApproval | null;
}

function endedRecord(before: ReleaseRecord, ending: Ending): ReleaseRecord {
  const { outcome, reason, at } = ending;
  const document = { ...ending.document, phase: 'ended' as const, outcome };
  return { ...before, phase: 'ended', outcome, reason, endedAt: at, document };
}

function refuseBreached(releaseId: string, { breach }: ReleaseState): void {
  if (!breach) return;
  throw new VerdigrisError(
    'BreachError',
    `release ${releaseId} cannot complete, it has a breach: ${breach.reason}`,
    { details: { breach } },
  );
}

/** Sets the outcome and forgets the watch; a breach that came meanwhile stands in the way. */
function endState(releaseId: string, outcome: Outcome, seen: ReleaseState): Update {
  const unbreached = outcome === 'completed' ? ' AND attribute_not_exists(#breach)' : '';
  return {
    kind: 'update',
    key: keys.state(releaseId),
    change: 'SET #outcome = :outcome REMOVE #service, #alarms, #token, #turn, #expiresAt',
    if: `${ifSameAlarms(seen)}${unbreached}`,
    values: { outcome, ...seenAlarms(seen) },
  };
}

/**
 * Frees the lock that this release holds, for a completion under the epoch that was seen only. A
 * release that holds none must not get one meanwhile either.
 */
function endLock({ releaseId, service }: ReleaseRecord, outcome: Outcome, lock: SeenLock) {
  if (lock.holder === releaseId) {
    const freeing = freeLock(service, releaseId);
    if (outcome !== 'completed') return freeing;
    return {
      ...freeing,
      if: `${freeing.if} AND #epoch = :under`,
      values: { ...freeing.values, under: lock.epoch },
    };
  }
  return {
    kind: 'check',
    key: keys.lock(service),
    if: 'attribute_not_exists(#holder) OR #holder <> :mine',
    values: { mine: releaseId },
  } satisfies Check;
}

function closeApproval(seen: SeenApproval | null): Put[] {
  if (seen?.approval.state !== 'open') return [];
  return [putApproval({ ...seen.approval, state: 'closed' }, seen)];
}

/** The writes that end a release, if nothing changed that the decision depends on. */
function endingWrites(
  after: ReleaseRecord,
  outcome: Outcome,
  event: Update,
  seen: SeenRelease,
): [Write, ...Write[]] {
  const { releaseId } = after;
  return [
    turnRecord(after, seen),
    endState(releaseId, outcome, seen.state),
    event,
    ...deleteAlarms(releaseId, seen.state.watch),
    ...closeApproval(seen.approval),
    ...(keepingLock.has(outcome) ? [] : [endLock(after, outcome, seen.lock)]),
  ];
}

async function look(table: Table, releaseId: string, service: string): Promise<SeenRelease> {
  const [record, state, lock, approval] = await table.snapshot([
    keys.record(releaseId),
    keys.state(releaseId),
    keys.lock(service),
    keys.approval(releaseId),
  ]);
  return {
    ...toSeenRecord(releaseId, record),
    state: toState(releaseId, state),
    lock: toSeenLock(lock),
    approval: toSeenApproval(approval),
  };
}

async function end(
  table: Table,
  releaseId: string,
  ending: Ending,
  from: readonly (Outcome | null)[],
): Promise<{ record: ReleaseRecord; isNew: boolean } | typeof raced> {
  const { outcome, document } = ending;
  const seen = await look(table, releaseId, document.service);
  if (!from.includes(seen.record.outcome)) return { record: seen.record, isNew: false };
  if (outcome === 'completed') {
    refuseBreached(releaseId, seen.state);
    refuseStale(document, seen.lock);
  }
  if (document.epoch < seen.record.document.epoch) return { record: seen.record, isNew: false };
  const event = keepEvent(ending.event, await nextSeq(table, ending.event.service));
  const after = endedRecord(seen.record, ending);
  const isEnded = await table.write(...endingWrites(after, outcome, event, seen));
  return isEnded ? { record: asStored(after), isNew: true } : raced;
}

/** Without what JSON does not know, as the next reader gets it. */
function asStored(record: ReleaseRecord): ReleaseRecord {
  return JSON.parse(JSON.stringify(record)) as ReleaseRecord;
}

function refuseOtherOutcomes({ releaseId, outcome }: ReleaseRecord, from: readonly Outcome[]) {
  if (outcome !== null && from.includes(outcome)) return;
  throw new VerdigrisError(
    'ReleaseStateError',
    `release ${releaseId} is ${outcome ?? 'still running'}; this needs ${from.join(' or ')}`,
    { details: { outcome } },
  );
}

function reopenedRecord(before: ReleaseRecord, phase: Phase, epoch: number): ReleaseRecord {
  const document = { ...before.document, epoch, phase, outcome: null, breach: null };
  return { ...before, phase, outcome: null, reason: null, endedAt: null, document };
}

function reopenState(releaseId: string): Update {
  return { kind: 'update', key: keys.state(releaseId), change: 'REMOVE #outcome, #breach' };
}

async function reopen(
  table: Table,
  releaseId: string,
  from: readonly Outcome[],
  phase: Phase,
): Promise<ReleaseRecord | typeof raced> {
  const item: Item | undefined = await table.get(keys.record(releaseId));
  const { service } = toSeenRecord(releaseId, item).record;
  const seen = await look(table, releaseId, service);
  refuseOtherOutcomes(seen.record, from);
  refuseOthers(service, releaseId, seen.lock);
  const after = reopenedRecord(seen.record, phase, seen.lock.epoch + 1);
  const isOpen = await table.write(
    takeLock(service, releaseId, seen.lock),
    turnRecord(after, seen),
    reopenState(releaseId),
  );
  return isOpen ? after : raced;
}

/** The end of a release, and the way back from it. */
export function createEndings(table: Table) {
  return {
    endRelease: (releaseId, ending, from) =>
      settle(`release ${releaseId}`, () => end(table, releaseId, ending, from)),
    reopenRelease: (releaseId, from, phase) =>
      settle(`release ${releaseId}`, () => reopen(table, releaseId, from, phase)),
  } satisfies Partial<Ledger>;
}
