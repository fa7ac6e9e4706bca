import { epochMs } from '../release/clock.ts';
import { VerdigrisError } from '../release/errors.ts';
import { isSamePerson } from '../release/person.ts';
import type { Approval, Decision } from './ledger.ts';
import { isEarlier } from './turns.ts';

/*
 * What asking and deciding do to an approval, whatever keeps it. Pure: each gives the same object back
 * when nothing changes, so that there is nothing to store.
 */

/** The approval with one more decision. Everybody decides once, so their number is their count. */
function withDecision(approval: Approval, decision: Decision): Approval {
  const decisions = [...approval.decisions, decision];
  if (decision.decision === 'reject') return { ...approval, decisions, state: 'rejected' };
  const isEnough = decisions.length >= approval.requiredCount;
  return { ...approval, decisions, state: isEnough ? 'approved' : 'open' };
}

/** Why nobody can decide at that time, or null. */
function closedReason(approval: Approval | null, at: string): string | null {
  if (!approval) return 'it asked for none';
  if (approval.state !== 'open') return `it is ${approval.state}`;
  const isExpired = epochMs(at) >= epochMs(approval.expiresAt);
  return isExpired ? `it expired at ${approval.expiresAt}` : null;
}

/** Who asked for a release may withdraw it, but not approve it where duties are separate. */
function throwIfBarred({ barred }: Approval, { by, decision }: Decision): void {
  if (barred === null || decision === 'reject' || !isSamePerson(barred, by)) return;
  throw new VerdigrisError(
    'SeparateDutiesError',
    `${by} asked for this release; somebody else has to approve it (approval.separateDuties)`,
    { details: { barred } },
  );
}

/**
 * The approval after a decision; a person's second one changes nothing.
 * @throws ApprovalClosedError when there is none open (any more), or it has expired at `decision.at`.
 * @throws SeparateDutiesError when who is barred approves.
 */
export function decide(releaseId: string, approval: Approval | null, decision: Decision): Approval {
  // Before the state is looked at: the word of somebody whose answer got lost may have closed it.
  if (approval?.decisions.some(({ by }) => isSamePerson(by, decision.by))) return approval;
  const reason = closedReason(approval, decision.at);
  if (approval && !reason) {
    throwIfBarred(approval, decision);
    return withDecision(approval, decision);
  }
  throw new VerdigrisError(
    'ApprovalClosedError',
    `release ${releaseId} has no open approval: ${reason}`,
    { details: { state: approval?.state ?? null } },
  );
}

/** The approval that is asked for: a new one, or the open one with its new token, unless that is late. */
export function open(
  before: Approval | null,
  request: Omit<Approval, 'state' | 'decisions'>,
): Approval {
  if (!before) return { ...request, state: 'open', decisions: [] };
  // A decided one comes back as it is: its answer may have been given while nobody waited.
  if (before.state !== 'open' || before.token === request.token) return before;
  if (isEarlier(request.turn, before.turn)) return before;
  return { ...before, token: request.token, turn: request.turn };
}
