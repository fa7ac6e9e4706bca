import type { LookEvidence } from './count-evidence.ts';
import { isKnownEven } from './dispersion.ts';
import type { Count, RateMetric } from './question.ts';

/** A look of green that could be compared. */
export interface ComparedLook {
  look: number;
  says: LookEvidence;
  /** The most that it counts where neither the look before nor the one after says as much. */
  mostAlone: number;
}

/**
 * The most that a look counts by itself. Unless blue is known to be even, a look may be one burst of
 * errors: that and another one are to be no breach. A window of one look has nothing to wait for.
 *
 * @returns a function, because most requests of a look failing is an outage, whatever blue is like
 */
export function mostAloneOf(
  { baseline }: RateMetric,
  plannedLooks: number,
  logThreshold: number,
): (green: Count) => number {
  const isTaken = plannedLooks < 2 || isKnownEven(baseline.before);
  return ({ errors, requests }) =>
    isTaken || errors > requests / 2 ? Number.POSITIVE_INFINITY : logThreshold / 2;
}

/** What a look says, as far as one of its neighbours says it too. That is never more than it says. */
export function confirmedAt(looks: readonly ComparedLook[], index: number): LookEvidence {
  const { says, mostAlone } = looks[index] as ComparedLook;
  const beside = [looks[index - 1], looks[index + 1]].filter((it) => it !== undefined);
  return (multiplier) => {
    const confirmed = beside.map((it) => it.says(multiplier));
    return Math.min(says(multiplier), Math.max(mostAlone, ...confirmed));
  };
}
