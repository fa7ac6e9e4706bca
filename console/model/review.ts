import type { ReviewAnswer } from '../types.ts';

/** How many people still have to say yes. */
export function missingApprovals({ decisions, requiredCount }: ReviewAnswer): number {
  const given = new Set(decisions.filter((it) => it.decision === 'approve').map((it) => it.by));
  return Math.max(0, requiredCount - given.size);
}
