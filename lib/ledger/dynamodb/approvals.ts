import { epochMs } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Approval, Decision, Ledger } from '../ledger.ts';
import type { Put } from './expressions.ts';
import { fromText, type Item, toText, ttlAfter } from './items.ts';
import { keys } from './keys.ts';
import { raced, settle, type Table } from './table.ts';

/** An approval as it was seen. */
export interface SeenApproval {
  approval: Approval;
  /** Counts up with every change. */
  revision: number;
}

/** The approval as its item has it; null when there is none. */
export function toSeenApproval(item: Item | undefined): SeenApproval | null {
  const approval = fromText<Approval>(item?.body);
  return approval && { approval, revision: Number(item?.revision) };
}

/** Stores an approval, if it is still as it was seen. */
export function putApproval(approval: Approval, seen: SeenApproval | null): Put {
  const { releaseId, expiresAt } = approval;
  const item = {
    ...keys.approval(releaseId),
    body: toText(`the approval of release ${releaseId}`, approval),
    revision: (seen?.revision ?? 0) + 1,
    ttl: ttlAfter(expiresAt),
  };
  if (!seen) return { kind: 'put', item, if: 'attribute_not_exists(#pk)' };
  return { kind: 'put', item, if: '#revision = :seen', values: { seen: seen.revision } };
}

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

/** The approval after a decision; the same object when the decision changes nothing. */
function decide(releaseId: string, approval: Approval | null, decision: Decision): Approval {
  // Before the state is looked at: the word of somebody whose answer got lost may have closed it.
  if (approval?.decisions.some(({ by }) => by === decision.by)) return approval;
  const reason = closedReason(approval, decision.at);
  if (approval && !reason) return withDecision(approval, decision);
  throw new VerdigrisError(
    'ApprovalClosedError',
    `release ${releaseId} has no open approval: ${reason}`,
    { details: { state: approval?.state ?? null } },
  );
}

function open(before: Approval | null, request: Omit<Approval, 'state' | 'decisions'>): Approval {
  if (!before) return { ...request, state: 'open', decisions: [] };
  // A decided one comes back as it is: its answer may have been given while nobody waited.
  if (before.state !== 'open' || before.token === request.token) return before;
  return { ...before, token: request.token };
}

/** Releases that wait for people. */
export function createApprovals(table: Table) {
  async function read(releaseId: string): Promise<SeenApproval | null> {
    return toSeenApproval(await table.get(keys.approval(releaseId)));
  }

  function change(releaseId: string, turn: (before: Approval | null) => Approval) {
    return settle(`the approval of release ${releaseId}`, async () => {
      const seen = await read(releaseId);
      const after = turn(seen?.approval ?? null);
      if (after === seen?.approval) return after;
      return (await table.write(putApproval(after, seen))) ? after : raced;
    });
  }

  return {
    openApproval: (request) => change(request.releaseId, (before) => open(before, request)),
    getApproval: async (releaseId) => (await read(releaseId))?.approval ?? null,
    recordDecision: (releaseId, decision) =>
      change(releaseId, (before) => decide(releaseId, before, decision)),
  } satisfies Partial<Ledger>;
}
