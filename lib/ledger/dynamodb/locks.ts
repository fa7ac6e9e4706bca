import { VerdigrisError } from '../../release/errors.ts';
import type { Ledger, Lock, TrafficIntent } from '../ledger.ts';
import { nextSeq } from './counter.ts';
import type { Check, Update } from './expressions.ts';
import { fromText, type Item, toText, ttlAfter } from './items.ts';
import { keys, partitions, prefixes } from './keys.ts';
import { refuseEnded, toState, whileRunning } from './state.ts';
import { raced, settle, type Table } from './table.ts';

/** A lock as it was seen. A free one keeps its epoch, because epochs only ever grow. */
export interface SeenLock {
  holder: string | null;
  /** 0 when it was never taken. */
  epoch: number;
}

/** The lock as its item has it. */
export function toSeenLock(item: Item | undefined): SeenLock {
  return {
    holder: typeof item?.holder === 'string' ? item.holder : null,
    epoch: typeof item?.epoch === 'number' ? item.epoch : 0,
  };
}

/** @throws ReleaseInProgressError when another release holds it. */
export function refuseOthers(service: string, releaseId: string, { holder }: SeenLock): void {
  if (holder === null || holder === releaseId) return;
  throw new VerdigrisError(
    'ReleaseInProgressError',
    `service "${service}" is being released by ${holder}; wait for it or roll it back`,
    { details: { releaseId: holder } },
  );
}

/** Takes or keeps the lock with the service's next epoch, if it is still as it was seen. */
export function takeLock(service: string, releaseId: string, seen: SeenLock): Update {
  const unchanged = seen.epoch === 0 ? 'attribute_not_exists(#epoch)' : '#epoch = :seen';
  const mineOrFree = seen.holder === null ? 'attribute_not_exists(#holder)' : '#holder = :holder';
  return {
    kind: 'update',
    key: keys.lock(service),
    change: 'SET #holder = :holder, #epoch = :next',
    if: `${unchanged} AND ${mineOrFree}`,
    values: {
      holder: releaseId,
      next: seen.epoch + 1,
      ...(seen.epoch > 0 && { seen: seen.epoch }),
    },
  };
}

/** Frees the lock if this release holds it. Its epoch stays. */
export function freeLock(service: string, releaseId: string): Update {
  return {
    kind: 'update',
    key: keys.lock(service),
    change: 'REMOVE #holder',
    if: '#holder = :holder',
    values: { holder: releaseId },
  };
}

/** Whose right to move traffic it is, and under which epoch. */
type Mover = Pick<TrafficIntent, 'service' | 'releaseId' | 'epoch'>;

/** Part of a transaction: the release holds the lock under this epoch. */
function whileHolding({ service, releaseId, epoch }: Mover): Check {
  return {
    kind: 'check',
    key: keys.lock(service),
    if: '#holder = :mover AND #epoch = :under',
    values: { mover: releaseId, under: epoch },
  };
}

/**
 * The right to move traffic is the lock under its present epoch.
 * @throws StaleEpochError
 */
export function refuseStale({ service, releaseId, epoch }: Mover, lock: SeenLock): void {
  if (lock.epoch === epoch && lock.holder === releaseId) return;
  throw new VerdigrisError(
    'StaleEpochError',
    `release ${releaseId} may not move traffic of service "${service}" under epoch ${epoch}; it is at ${lock.epoch}, held by ${lock.holder ?? 'nobody'}`,
    { details: { epoch: lock.epoch } },
  );
}

/**
 * Some outcomes keep the lock, and with it the right epoch; the release moves nothing all the same.
 */
function endedMove({ releaseId, service, epoch }: Mover): VerdigrisError {
  return new VerdigrisError(
    'StaleEpochError',
    `release ${releaseId} has ended and may not move traffic of service "${service}" any more`,
    { details: { epoch } },
  );
}

/** Takes the lock with a new epoch; a holder keeps the one it has unless it asks for a new one. */
function take(table: Table, service: string, releaseId: string, isRaise: boolean): Promise<Lock> {
  return settle(`the lock of ${service}`, async () => {
    const [state, item] = await table.snapshot([keys.state(releaseId), keys.lock(service)]);
    const lock = toSeenLock(item);
    refuseEnded(releaseId, toState(releaseId, state));
    refuseOthers(service, releaseId, lock);
    if (lock.holder === releaseId && !isRaise) return { service, releaseId, epoch: lock.epoch };
    const taking = takeLock(service, releaseId, lock);
    const isTaken = await table.write(taking, whileRunning(releaseId));
    return isTaken ? { service, releaseId, epoch: lock.epoch + 1 } : raced;
  });
}

/** An intent that is there keeps its place; only its deadline is replaced. */
function writeIntent(intent: TrafficIntent, seq: number): Update {
  const { deadline, ...rest } = intent;
  return {
    kind: 'update',
    key: keys.intent(intent.releaseId, intent.id),
    change:
      'SET #seq = if_not_exists(#seq, :seq), #body = if_not_exists(#body, :body), #deadline = :deadline, #ttl = :ttl',
    values: {
      seq,
      body: toText(`the intent ${intent.id}`, rest),
      deadline,
      ttl: ttlAfter(deadline),
    },
  };
}

function toIntent({ body, deadline }: Item): TrafficIntent {
  return { ...(fromText<TrafficIntent>(body) as TrafficIntent), deadline: String(deadline) };
}

/** Who may move a service's traffic, and what was about to be moved. */
export function createLocks(table: Table) {
  return {
    acquireLock: (service, releaseId) => take(table, service, releaseId, false),
    raiseEpoch: (service, releaseId) => take(table, service, releaseId, true),

    async getLock(service) {
      const { holder, epoch } = toSeenLock(await table.get(keys.lock(service)));
      return holder === null ? null : { service, releaseId: holder, epoch };
    },

    async releaseLock(service, releaseId) {
      await table.write(freeLock(service, releaseId));
    },

    async recordIntent(intent) {
      const writing = writeIntent(intent, await nextSeq(table, intent.service));
      const conditions = [whileHolding(intent), whileRunning(intent.releaseId)] as const;
      if (await table.write(writing, ...conditions)) return;
      // What is stale stays stale: the lock may have moved on meanwhile, but never back.
      refuseStale(intent, toSeenLock(await table.get(keys.lock(intent.service))));
      throw endedMove(intent);
    },

    async listIntents(releaseId) {
      const pk = partitions.release(releaseId);
      const items = await table.query({ pk, prefix: prefixes.intent });
      return items.sort((a, b) => Number(a.seq) - Number(b.seq)).map(toIntent);
    },
  } satisfies Partial<Ledger>;
}
