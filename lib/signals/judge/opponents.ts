import { againstMean, againstShare, type LookEvidence } from './count-evidence.ts';
import { isCount, rateOf, sumOf } from './counts.ts';
import type { Way } from './orientation.ts';
import { largestMean, smallestMean } from './poisson-bounds.ts';
import type { Count, Counts, RateMetric } from './question.ts';

/** One request in ten thousand: fewer errors are no breach, whatever blue does. */
export const defaultFloor = 0.0001;

/** Something that green is compared with: blue, earlier days, or the floor. */
export interface Opponent {
  /** What a look says of green's being worse than allowed; null where the two cannot be compared. */
  evidenceOf(look: number, green: Count): LookEvidence | null;
}

/** How green is compared. */
export interface Terms {
  metric: RateMetric;
  way: Way;
  /** How often blue's true rate may lie beyond what is reckoned with. */
  boundLevel: number;
  /** How many times as uneven as chance errors come. */
  dispersion: number;
}

/** Green is worse only if it is so in comparison with each. */
export function opponentsOf(terms: Terms): Opponent[] {
  const all = [againstBlue(terms), againstEarlierDays(terms)];
  return terms.way === 'increase' ? [...all, againstFloor(terms)] : all;
}

/** By the share of errors that are green's where blue had requests at this look, else by blue's rate. */
function againstBlue(terms: Terms): Opponent {
  const { baseline, tolerance } = terms.metric;
  return {
    evidenceOf(look, green) {
      const blue = baseline.concurrent?.[look];
      if ('ratio' in tolerance && isCount(blue)) {
        return againstConcurrent(terms, green, blue, tolerance.ratio);
      }
      // Blue's rate has to be right at every look, so its level is shared where it goes on changing.
      const counts = 'ratio' in tolerance ? baseline.before : knownOfBlue(terms.metric, look);
      const shares = counts.length > baseline.before.length ? baseline.concurrent?.length : 1;
      return againstRate(terms, green, sumOf(counts), shares);
    },
  };
}

function againstEarlierDays(terms: Terms): Opponent {
  const { earlier = [], concurrent } = terms.metric.baseline;
  const known = sumOf(earlier.flat());
  return {
    evidenceOf: (look, green) =>
      isCount(concurrent?.[look]) ? null : againstRate(terms, green, known),
  };
}

function againstFloor({ metric: { floor = defaultFloor }, dispersion }: Terms): Opponent {
  return {
    evidenceOf: (_, { errors, requests }) =>
      againstMean(errors / dispersion, (floor * requests) / dispersion),
  };
}

function againstConcurrent(
  { way, dispersion }: Terms,
  green: Count,
  blue: Count,
  ratio: number,
): LookEvidence {
  const allowed = (way === 'increase' ? ratio : 1 / ratio) * green.requests;
  const together = (green.errors + blue.errors) / dispersion;
  return againstShare(green.errors / dispersion, together, allowed / (allowed + blue.requests));
}

function againstRate(
  terms: Terms,
  { errors, requests }: Count,
  blue: Count,
  shares = 1,
): LookEvidence | null {
  if (blue.requests === 0) return null;
  const { metric, way, dispersion } = terms;
  const level = terms.boundLevel / shares;
  const mean = way === 'increase' ? largestMean : smallestMean;
  const rate = (mean(blue.errors / dispersion, level) * dispersion) / blue.requests;
  const allowed = withTolerance(rate, metric, way);
  return againstMean(errors / dispersion, (allowed * requests) / dispersion);
}

function knownOfBlue({ baseline }: RateMetric, look: number): Counts {
  return [...baseline.before, ...(baseline.concurrent ?? []).slice(0, look + 1)];
}

function withTolerance(rate: number, { tolerance }: RateMetric, way: Way): number {
  const isIncrease = way === 'increase';
  if ('ratio' in tolerance) return isIncrease ? rate * tolerance.ratio : rate / tolerance.ratio;
  return isIncrease ? rate + tolerance.absolute : Math.max(0, rate - tolerance.absolute);
}

/** What blue did, as far as it is known at a look: at the same time as green, or else before. */
export function blueAt(metric: RateMetric, look: number): Count {
  const { before, concurrent = [] } = metric.baseline;
  const beside = sumOf(concurrent.slice(0, look + 1));
  return beside.requests > 0 ? beside : sumOf(before);
}

/** The largest (or, where less is worse, smallest) rate of green that is no breach. */
export function allowedRateAt(metric: RateMetric, way: Way, look: number): number {
  const { concurrent = [], earlier = [], before } = metric.baseline;
  const isBeside = concurrent.slice(0, look + 1).some(isCount);
  const known = isBeside ? [blueAt(metric, look)] : [sumOf(before), sumOf(earlier.flat())];
  const allowed = known
    .map(rateOf)
    .filter((rate) => rate !== null)
    .map((rate) => withTolerance(rate, metric, way));
  if (way === 'decrease') return Math.min(1, ...allowed);
  return Math.max(metric.floor ?? defaultFloor, ...allowed);
}
