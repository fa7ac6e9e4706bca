import type { ApprovalLinksDeps } from '../http/links/approval-links.ts';
import type { ApprovalLinks } from '../notifiers/notifier.ts';

/** Links for notifiers; what signs them is loaded, and what it needs made, with the first one. */
export function openApprovalLinks(open: () => ApprovalLinksDeps): ApprovalLinks {
  return {
    async create(link) {
      const { createApprovalLinks } = await import('../http/links/approval-links.ts');
      return createApprovalLinks(open()).create(link);
    },
  };
}
