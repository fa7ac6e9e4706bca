import type { Ledger } from '../../ledger/ledger.ts';
import type { ApprovalLinks } from '../../notifiers/notifier.ts';
import { epochMs, type Ids, isoTime } from '../../release/clock.ts';
import type { SealDeps } from '../auth/sealed.ts';
import { writeLink } from './link-token.ts';

/** What links are made of. */
export interface ApprovalLinksDeps extends SealDeps {
  ledger: Pick<Ledger, 'getApproval'>;
  ids: Ids;
  /** Where the console is, without a slash at the end; undefined where nobody knows. */
  consoleUrl(): string | undefined;
}

/**
 * Makes links to `/approve`. A link is bound to the request for approval that is open when it is made,
 * and good no longer than that one.
 */
export function createApprovalLinks(deps: ApprovalLinksDeps): ApprovalLinks {
  return {
    async create({ releaseId, decision, approver, expiresAt }) {
      const base = deps.consoleUrl();
      const approval = await deps.ledger.getApproval(releaseId);
      if (base === undefined || !approval) return null;
      const until = Math.min(epochMs(expiresAt), epochMs(approval.expiresAt));
      const token = await writeLink(
        {
          ...{ id: deps.ids.next(), releaseId, decision, approver },
          round: approval.requestedAt,
          expiresAt: isoTime(until),
        },
        deps,
      );
      return `${base}/approve?link=${token}`;
    },
  };
}
