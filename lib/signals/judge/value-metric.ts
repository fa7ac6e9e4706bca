import { addExtreme, countExtremes } from './extremes.ts';
import { lessTolerance, oriented, type Way, waysOf } from './orientation.ts';
import type { Baseline, ValueEvidence, ValueMetric } from './question.ts';
import {
  addRank,
  cusumThreshold,
  emptyCusum,
  type RankCusum,
  type RankTuning,
  rankTuning,
} from './rank-cusum.ts';
import { medianOf, type Reference, referenceOf } from './reference.ts';

/** Fewer points of a side are not compared. */
export const fewestPoints = 5;
/** So many points of blue are compared with where it is looked at together with green. */
const concurrentPoints = 30;
/** What few far points may use up of the level; lasting changes have the rest. */
const extremeShare = 0.2;

/** What one way of looking at a value found. */
export interface ValueFinding {
  way: Way;
  /** The look of the breach, or null. */
  at: number | null;
  evidence: ValueEvidence;
}

/**
 * Looks through green's points one by one, until a breach or to the end: what comes later does not
 * change a breach.
 *
 * @param plannedLooks of the whole window
 * @param level how often a window in which nothing is wrong may be called a breach
 * @param tuning the benchmark's
 */
export function judgeValue(
  metric: ValueMetric,
  plannedLooks: number,
  level: number,
  tuning: RankTuning = rankTuning,
): ValueFinding[] {
  const ways = waysOf(metric.direction);
  const rules = { metric, looks: plannedLooks, level: level / ways.length, tuning };
  return ways.map((way) => judgeOneWay(rules, way));
}

interface Progress {
  cusum: RankCusum;
  largest: readonly number[];
  references: readonly Reference[];
  extremes: number;
}

function judgeOneWay(rules: Rules, way: Way): ValueFinding {
  const { metric } = rules;
  const referencesAt = createReferences(metric.baseline, way);
  const seen: number[] = [];
  let progress: Progress = {
    cusum: emptyCusum,
    largest: [],
    references: referencesAt(0),
    extremes: 0,
  };
  for (const [look, value] of metric.candidate.entries()) {
    const references = referencesAt(look);
    if (!isNumber(value) || references.length === 0) continue;
    seen.push(oriented(value, way));
    progress = advance(progress, look, oriented(value, way), references, rules);
    if (isBreach(progress, rules)) {
      return { way, at: look, evidence: evidenceOf(progress, seen, way, rules) };
    }
  }
  return { way, at: null, evidence: evidenceOf(progress, seen, way, rules) };
}

interface Rules {
  metric: ValueMetric;
  looks: number;
  level: number;
  tuning: RankTuning;
}

function advance(
  before: Progress,
  look: number,
  value: number,
  references: readonly Reference[],
  { metric: { tolerance, minEffect = 0 }, looks, level, tuning }: Rules,
): Progress {
  const compared = lessTolerance(value, tolerance) - minEffect;
  const largest = addExtreme(before.largest, compared);
  const counts = references.map((reference) => {
    const { median } = reference;
    const leastSpread = (median - lessTolerance(median, tolerance) + minEffect) / 2;
    return countExtremes(largest, reference, leastSpread, looks, level * extremeShare);
  });
  return {
    cusum: addRank(before.cusum, look, compared, references, tuning),
    largest,
    references,
    extremes: Math.min(...counts),
  };
}

function isBreach({ extremes, cusum, references }: Progress, rules: Rules): boolean {
  const threshold = thresholdOf(references, rules);
  return extremes > 0 || (threshold !== null && cusum.sum > threshold);
}

/** The nearest reference is the first: its points are as many as the ranks have. */
function thresholdOf([reference]: readonly Reference[], rules: Rules): number | null {
  if (!reference) return null;
  return cusumThreshold(reference, rules.looks, rules.level * (1 - extremeShare), rules.tuning);
}

/** @param seen green's points that were compared */
function evidenceOf(
  { cusum, references, extremes }: Progress,
  seen: readonly number[],
  way: Way,
  rules: Rules,
): ValueEvidence {
  const [reference] = references;
  const compared = cusum.points > 0 ? seen.slice(-cusum.points) : seen;
  return {
    baselinePoints: reference?.sorted.length ?? 0,
    points: seen.length,
    baselineMedian: reference ? oriented(reference.median, way) : null,
    candidateMedian: compared.length > 0 ? oriented(medianOf(compared), way) : null,
    since: cusum.since,
    statistic: cusum.sum,
    threshold: thresholdOf(references, rules),
    autocorrelation: reference?.autocorrelation ?? 0,
    extremes,
  };
}

/**
 * What green's point of a look is compared with. While blue has points of its own at these looks, its
 * last ones up to now, so that both have the same hour behind them; else what blue did before, and on
 * earlier days. Nothing where blue has too few points.
 */
function createReferences(
  baseline: Baseline<number>,
  way: Way,
): (look: number) => readonly Reference[] {
  const before = numbersOf(baseline.before, way);
  const earlier = (baseline.earlier ?? []).flatMap((day) => numbersOf(day, way));
  const fixed = [before, earlier].filter(isEnough).map(referenceOf);
  const concurrent = baseline.concurrent ?? [];
  const known = [...before, ...numbersOf(concurrent, way)];
  const knownAt = runningCount(concurrent.map(isNumber));
  return (look) => {
    const beside = knownAt[Math.min(look, knownAt.length - 1)] ?? 0;
    if (beside === 0) return fixed;
    const until = before.length + beside;
    const recent = known.slice(Math.max(0, until - concurrentPoints), until);
    return [recent].filter(isEnough).map(referenceOf);
  };
}

/** How many of them were true up to each. */
function runningCount(flags: readonly boolean[]): number[] {
  let count = 0;
  return flags.map((flag) => {
    count += flag ? 1 : 0;
    return count;
  });
}

function isEnough(points: readonly number[]): boolean {
  return points.length >= fewestPoints;
}

function numbersOf(series: readonly (number | null)[], way: Way): number[] {
  return series.filter(isNumber).map((value) => oriented(value, way));
}

/** What is no number that can be compared is missing. */
function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}
