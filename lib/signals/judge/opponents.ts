import { againstMean, againstShare, type LookEvidence, logSum } from './count-evidence.ts';
import { isCount, rateOf, sumOf } from './counts.ts';
import type { Way } from './orientation.ts';
import type { Count, Counts, RateMetric } from './question.ts';

/** One request in ten thousand: fewer errors are no breach, whatever blue does. */
export const defaultFloor = 0.0001;
/**
 * One request in twenty. Where nothing is known of blue nobody can say which errors are usual, and the floor
 * would call every service a breach that has some; this many are healthy nowhere.
 */
export const barWithoutBlue = 0.05;

/** A rate that blue may truly have, and how much blue's own counts speak against it (a logarithm). */
interface Hypothesis {
  /** Null where it does not matter. */
  rate: number | null;
  logEvidence: number;
}

/** Something that green is compared with: blue, earlier days, or the floor. */
export interface Opponent {
  /** It has to be refuted under each. */
  hypotheses: readonly Hypothesis[];
  /** What a look says of green's being worse than allowed; null where the two cannot be compared. */
  evidenceOf(look: number, green: Count, hypothesis: Hypothesis): LookEvidence | null;
}

/** How green is compared. */
export interface Terms {
  metric: RateMetric;
  way: Way;
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
  const soFar = runningRates(baseline.concurrent ?? []);
  return {
    hypotheses: hypothesesOf(terms, sumOf(baseline.before)),
    evidenceOf(look, green, { rate }) {
      const blue = baseline.concurrent?.[look];
      if ('absolute' in tolerance || !isCount(blue)) return againstRate(terms, green, rate);
      return againstConcurrent(terms, green, blue, soFar[look] ?? Number.NaN);
    },
  };
}

function againstEarlierDays(terms: Terms): Opponent {
  const { earlier = [], concurrent } = terms.metric.baseline;
  return {
    hypotheses: hypothesesOf(terms, sumOf(earlier.flat())),
    evidenceOf: (look, green, { rate }) =>
      isCount(concurrent?.[look]) ? null : againstRate(terms, green, rate),
  };
}

function againstFloor({ metric, dispersion }: Terms): Opponent {
  return {
    hypotheses: [{ rate: null, logEvidence: 0 }],
    evidenceOf: (look, { errors, requests }) =>
      againstMean(errors / dispersion, (floorAt(metric, look) * requests) / dispersion),
  };
}

/** What is no breach at a look, whatever blue does. */
function floorAt(metric: RateMetric, look: number): number {
  const { floor = defaultFloor } = metric;
  return isBlueKnown(metric, look) ? floor : Math.max(floor, barWithoutBlue);
}

/** Whether blue had requests up to a look: before, beside green, or on earlier days. */
export function isBlueKnown({ baseline }: RateMetric, look: number): boolean {
  const { before, concurrent = [], earlier = [] } = baseline;
  return [before, concurrent.slice(0, look + 1), ...earlier].some((counts) => counts.some(isCount));
}

/**
 * Blue's rate up to each look, for the minimum effect that is added to it. With one error more than
 * there was, so that it is never zero; before the first request it is no number.
 */
function runningRates(counts: Counts): number[] {
  let errors = 1;
  let requests = 0;
  return counts.map((count) => {
    errors += isCount(count) ? count.errors : 0;
    requests += isCount(count) ? count.requests : 0;
    return errors / requests;
  });
}

function againstConcurrent(
  { metric, way, dispersion }: Terms,
  green: Count,
  blue: Count,
  blueRate: number,
): LookEvidence | null {
  const allowed = (withTolerance(blueRate, metric, way) / blueRate) * green.requests;
  if (allowed <= 0) return null;
  const together = (green.errors + blue.errors) / dispersion;
  return againstShare(green.errors / dispersion, together, allowed / (allowed + blue.requests));
}

function againstRate(
  { metric, way, dispersion }: Terms,
  { errors, requests }: Count,
  rate: number | null,
): LookEvidence | null {
  if (rate === null) return null;
  const allowed = withTolerance(rate, metric, way);
  return againstMean(errors / dispersion, (allowed * requests) / dispersion);
}

/** How far blue's true rate may lie from what was counted, in standard deviations. */
const deviations = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 8];
/** The deviation at which blue's counts are to speak most. */
const sharpest = 2.5;

/**
 * Blue's rate is only known from a sample, and might be worse for green's sake. Each worse rate has
 * blue's own counts against it: the likelihood ratio of a rate that lies 2.5 standard deviations nearer
 * to them, mixed with 1. That is an e-value too, so its product with green's evidence is: to refute all
 * rates is universal inference (L. Wasserman, A. Ramdas and S. Balakrishnan 2020).
 */
function hypothesesOf({ way, dispersion }: Terms, { errors, requests }: Count): Hypothesis[] {
  if (requests === 0) return [{ rate: null, logEvidence: 0 }];
  const count = errors / dispersion;
  const sign = way === 'increase' ? 1 : -1;
  return deviations.map((deviation) => {
    const mean =
      count + deviation ** 2 / 2 + sign * deviation * Math.sqrt(count + deviation ** 2 / 4);
    return {
      rate: (mean * dispersion) / requests,
      logEvidence: mean > 0 ? logSum([0, countAgainst(count, mean, sign)]) - Math.LN2 : 0,
    };
  });
}

/** The logarithm of how much likelier a count is with a mean nearer to it than this one. */
function countAgainst(count: number, mean: number, sign: number): number {
  const nearer = Math.max(0.01, 1 - (sign * sharpest) / Math.sqrt(mean));
  return againstMean(count, mean)(nearer);
}

/** What green may have at most, or at least, where blue has this rate. */
function withTolerance(rate: number, { tolerance, minEffect = 0 }: RateMetric, way: Way): number {
  const isIncrease = way === 'increase';
  const factor = 'ratio' in tolerance ? tolerance.ratio : 1;
  const beyond = minEffect + ('absolute' in tolerance ? tolerance.absolute : 0);
  return isIncrease ? rate * factor + beyond : Math.max(0, rate / factor - beyond);
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
  return Math.max(floorAt(metric, look), ...allowed);
}
