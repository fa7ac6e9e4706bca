import type { Breach, Outcome } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Watch } from '../ledger.ts';
import type { Check } from './expressions.ts';
import { fromText, type Item } from './items.ts';
import { keys } from './keys.ts';

/**
 * What others decide by, in an item of its own: a condition on an item costs as much as writing it,
 * and the record holds the whole document. The outcome is in the record too; both are written in the
 * same transaction. A release without this item runs, without a breach and without a watch.
 */
export interface ReleaseState {
  outcome: Outcome | null;
  breach: Breach | null;
  watch: Watch | null;
}

/** The state of a release as its item has it. */
export function toState(releaseId: string, item: Item | undefined): ReleaseState {
  return {
    outcome: (item?.outcome as Outcome | undefined) ?? null,
    breach: fromText<Breach>(item?.breach),
    watch: item ? toWatch(releaseId, item) : null,
  };
}

function toWatch(releaseId: string, item: Item): Watch | null {
  const alarms = fromText<string[]>(item.alarms);
  if (!alarms) return null;
  return {
    releaseId,
    service: String(item.service),
    alarms,
    token: typeof item.token === 'string' ? item.token : null,
    turn: typeof item.turn === 'string' ? item.turn : null,
    expiresAt: String(item.expiresAt),
  };
}

/**
 * A call of an ended release that was presumed dead must leave nothing behind.
 * @throws ReleaseStateError
 */
export function refuseEnded(releaseId: string, { outcome }: ReleaseState): void {
  if (outcome === null) return;
  throw new VerdigrisError(
    'ReleaseStateError',
    `release ${releaseId} has ended (${outcome}); open it again first`,
    { details: { outcome } },
  );
}

/** Part of a transaction: the release has not ended. */
export function whileRunning(releaseId: string): Check {
  return { kind: 'check', key: keys.state(releaseId), if: 'attribute_not_exists(#outcome)' };
}
