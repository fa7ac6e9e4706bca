/**
 * How many times as many errors as allowed a release may have: one of them is near whatever it has.
 * A wrong guess costs little, because evidence adds up over looks and the price of a grid does not.
 */
export const multipliers: readonly number[] = [1.15, 1.4, 2, 4, 16];

/** The logarithm of how much likelier a look is with this many times as many errors as allowed. */
export type LookEvidence = (multiplier: number) => number;

/** The evidence so far, by multiplier: since the window began, and since any look of it. */
export interface CountEvidence {
  /** How many looks there were. */
  looks: number;
  sinceStart: readonly number[];
  sinceAnyLook: readonly number[];
}

/** Before the first look. */
export const noEvidence: CountEvidence = {
  looks: 0,
  sinceStart: multipliers.map(() => 0),
  sinceAnyLook: multipliers.map(() => Number.NEGATIVE_INFINITY),
};

/**
 * The evidence after one more look. `sinceAnyLook` is the mean over all looks at which a regression
 * could begin of the likelihood ratio since then, without the looks to come.
 *
 * @param isLess a regression has fewer of what is counted, not more
 */
export function addLook(
  { looks, sinceStart, sinceAnyLook }: CountEvidence,
  look: LookEvidence,
  plannedLooks: number,
  isLess: boolean,
): CountEvidence {
  const added = multipliers.map((it) => look(isLess ? 1 / it : it));
  // The weights of the looks add up to 1: later ones than planned have none.
  const weight = looks < plannedLooks ? -Math.log(plannedLooks) : Number.NEGATIVE_INFINITY;
  return {
    looks: looks + 1,
    sinceStart: sinceStart.map((sum, i) => sum + (added[i] ?? 0)),
    sinceAnyLook: sinceAnyLook.map((sum, i) => logSum([sum, weight]) + (added[i] ?? 0)),
  };
}

/**
 * The logarithm of the evidence that green is worse than allowed: a mixture of likelihood ratios, half
 * for a regression from the start and half for a later one, evenly over the multipliers. If green is no
 * worse than allowed this is an e-process: its expectation is at most 1 at whatever look one stops, and
 * so (J. Ville 1939) it ever reaches 1/α with probability α at most, however often it is looked at.
 */
export function logEvidenceOf(
  { looks, sinceStart, sinceAnyLook }: CountEvidence,
  plannedLooks: number,
): number {
  const weightToCome = Math.log(Math.max(0, plannedLooks - looks) / plannedLooks);
  const parts = sinceStart.map((sum, i) => logSum([sum, sinceAnyLook[i] ?? 0, weightToCome]));
  return logSum(parts) - Math.log(2 * multipliers.length);
}

/**
 * A look with so many errors, against a mean that is the most that is allowed. By the Poisson
 * distribution; that of errors among requests varies less, so it holds for it too.
 */
export function againstMean(errors: number, mean: number): LookEvidence {
  return (multiplier) => errors * Math.log(multiplier) - mean * (multiplier - 1);
}

/**
 * A look in which both sides had requests, given the errors of both together: then it does not matter
 * how many there are of them, so that whatever troubles both at once speaks against neither. Green has
 * a binomial share of them (J. Przyborowski and H. Wileński 1940).
 *
 * @param share of green where it is as bad as allowed
 */
export function againstShare(errors: number, together: number, share: number): LookEvidence {
  return (multiplier) => {
    const worse = (multiplier * share) / (multiplier * share + 1 - share);
    const others = (together - errors) * Math.log((1 - worse) / (1 - share));
    return errors * Math.log(worse / share) + others;
  };
}

/** The logarithm of the sum of numbers that are given by their logarithms. */
export function logSum(logarithms: readonly number[]): number {
  const largest = Math.max(...logarithms);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(logarithms.reduce((sum, it) => sum + Math.exp(it - largest), 0));
}
