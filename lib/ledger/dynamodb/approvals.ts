import { decide, open } from '../approval-rules.ts';
import type { Approval, Ledger } from '../ledger.ts';
import type { Put } from './expressions.ts';
import { fromText, type Item, toText, ttlAfter, withTurn } from './items.ts';
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
  // What 0.1.0 stored bars nobody.
  const { barred = null } = approval ?? {};
  return (
    approval && { approval: { ...withTurn(approval), barred }, revision: Number(item?.revision) }
  );
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
