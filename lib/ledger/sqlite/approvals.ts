import { decide, open } from '../approval-rules.ts';
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
       (releaseId, requiredCount, token, turn, requestedAt, expiresAt, barred, state, decisionsJson)
     VALUES (:releaseId, :requiredCount, :token, :turn, :requestedAt, :expiresAt, :barred, :state,
       :decisionsJson)`,
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

/** Stores what became of an approval, if it became anything. */
function keep(database: SqliteDatabase, before: Approval | null, after: Approval): Approval {
  return after === before ? after : writeApproval(database, after);
}

/** Releases that wait for people. */
export function createApprovals(database: SqliteDatabase) {
  return {
    openApproval: async (request) =>
      database.transaction(() => {
        const before = readApproval(database, request.releaseId);
        return keep(database, before, open(before, request));
      }),
    getApproval: async (releaseId) => readApproval(database, releaseId),
    recordDecision: async (releaseId, decision) =>
      database.transaction(() => {
        const before = readApproval(database, releaseId);
        return keep(database, before, decide(releaseId, before, decision));
      }),
  } satisfies Partial<Ledger>;
}
