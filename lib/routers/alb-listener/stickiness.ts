import type { Weights } from '../../release/document.ts';
import { type Group, isSticky } from './actions.ts';
import type { Live } from './live.ts';

/**
 * The environment and the release for which a target group was green, `ENVIRONMENT/RELEASE`. Only
 * written where clients are sticky, as only then it matters whether a side loses its traffic to the
 * next release or by its own rollback.
 */
export const candidateTag = 'verdigris:candidate';

/** The tag's value for a target group and a release. */
export function candidateOf({ id }: Group, releaseId: string): string {
  return `${id}/${releaseId}`;
}

/** Sides that are green where clients are sticky, and not known to be. */
export function unmarked({ actions }: Live, greens: readonly Group[]): Group[] {
  if (!isSticky(actions)) return [];
  return greens.filter(
    ({ id, releaseId, candidate }) => !releaseId && !candidate?.startsWith(`${id}/`),
  );
}

/**
 * The groups of the action without a green that its own release takes all traffic from. A client with a
 * cookie stays with its target group whatever the weights are, as long as that is in the action
 * (application/rule-action-types), and nobody may stay with a green that was rolled back.
 */
export function withoutStickyGreen(live: Live, weights: Weights, releaseId: string): Group[] {
  if (!isSticky(live.actions)) return live.groups;
  const isRolledBack = (group: Group) =>
    group.weight > 0 &&
    (weights[group.id] ?? 0) === 0 &&
    (group.releaseId === releaseId || group.candidate === candidateOf(group, releaseId));
  return live.groups.filter((group) => !isRolledBack(group));
}
