import { epochMs } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Approval, Decision, Ledger } from '../ledger.ts';
import type { SqliteDatabase } from './database.ts';

type ApprovalRow = Omit<Approval, 'decisions'> & { decisionsJson: string };

function readApproval(database: SqliteDatabase, releaseId: string): Approval | null {
  const row = database.get<ApprovalRow>('SELECT * FROM approvals WHERE releaseId = :releaseId', {
    releaseId,
  });
  if (!row) return null;
  const { decisionsJson, ...rest } = row;
  return { ...rest, decisions: JSON.parse(decisionsJson) as Decision[] };
}

function writeApproval(database: SqliteDatabase, approval: Approval): Approval {
  const { decisions, ...row } = approval;
  database.run(
    `INSERT OR REPLACE INTO approvals
       (releaseId, requiredCount, token, requestedAt, expiresAt, state, decisionsJson)
     VALUES (:releaseId, :requiredCount, :token, :requestedAt, :expiresAt, :state, :decisionsJson)`,
    { ...row, decisionsJson: JSON.stringify(decisions) },
  );
  return approval;
}

/** Closes an approval that is still open. */
export function closeApproval(database: SqliteDatabase, releaseId: string): void {
  database.run(
    `UPDATE approvals SET state = 'closed' WHERE releaseId = :releaseId AND state = 'open'`,
    { releaseId },
  );
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

function decide(database: SqliteDatabase, releaseId: string, decision: Decision): Approval {
  const approval = readApproval(database, releaseId);
  // Before the state is looked at: the word of somebody whose answer got lost may have closed it.
  if (approval?.decisions.some(({ by }) => by === decision.by)) return approval;
  const reason = closedReason(approval, decision.at);
  if (!approval || reason) {
    throw new VerdigrisError(
      'ApprovalClosedError',
      `release ${releaseId} has no open approval: ${reason}`,
      { details: { state: approval?.state ?? null } },
    );
  }
  return writeApproval(database, withDecision(approval, decision));
}

/** Releases that wait for people. */
export function createApprovals(database: SqliteDatabase) {
  return {
    openApproval: async (request) =>
      database.transaction(() => {
        const before = readApproval(database, request.releaseId);
        if (!before) return writeApproval(database, { ...request, state: 'open', decisions: [] });
        // A decided one comes back as it is: its answer may have been given while nobody waited.
        if (before.state !== 'open') return before;
        return writeApproval(database, { ...before, token: request.token });
      }),
    getApproval: async (releaseId) => readApproval(database, releaseId),
    recordDecision: async (releaseId, decision) =>
      database.transaction(() => decide(database, releaseId, decision)),
  } satisfies Partial<Ledger>;
}
