import { defaultLevels } from '../../../lib/signals/judge/judge-release.ts';
import { type RankTuning, rankTuning } from '../../../lib/signals/judge/rank-cusum.ts';
import { judgeValue } from '../../../lib/signals/judge/value-metric.ts';
import type { Pair } from './pairs.ts';

/** Decides about a pair: the index of the candidate's point at which it is a breach, or null. */
export type PairJudge = (pair: Pair) => number | null;

/** What a candidate may have of the baseline. */
export const tolerance = 1.25;

/** The judge of the project. */
export function sequentialJudge(
  level = defaultLevels.values,
  tuning: RankTuning = rankTuning,
): PairJudge {
  return ({ baseline, candidate }) => {
    const [finding] = judgeValue(
      {
        kind: 'value',
        name: 'value',
        tolerance: { ratio: tolerance },
        baseline: { before: baseline },
        candidate,
      },
      candidate.length,
      level,
      tuning,
    );
    return finding?.at ?? null;
  };
}

/** Of the two-sided interval at confidence 0.98. */
const z = 2.3263;

/**
 * What Kayenta does with a metric at the end of its window: Mann and Whitney's test as an interval for
 * the shift between the two sides, which has to lie above a quarter of its estimate (Hodges and Lehmann
 * 1963: the median of all differences). The interval ends at an order statistic of the differences, by
 * the normal approximation; Kayenta itself searches for its ends, with corrections for ties, and calls
 * somewhat more breaches on both good and bad candidates.
 */
export const mannWhitneyJudge: PairJudge = ({ baseline, candidate }) => {
  if (new Set([...baseline, ...candidate]).size === 1) return null;
  const differences = candidate.flatMap((green) => baseline.map((blue) => green - blue));
  differences.sort((a, b) => a - b);
  const [m, n] = [candidate.length, baseline.length];
  const spread = z * Math.sqrt((m * n * (m + n + 1)) / 12);
  const lower = differences[Math.max(0, Math.round((m * n) / 2 - spread))] ?? Number.NaN;
  const isHigh = lower > 0.25 * Math.abs(middleOf(differences));
  return isHigh ? candidate.length - 1 : null;
};

/** A plain threshold: the mean at the end of the window. */
export const meanJudge: PairJudge = ({ baseline, candidate }) => {
  const isHigh = meanOf(candidate) > tolerance * meanOf(baseline);
  return isHigh ? candidate.length - 1 : null;
};

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, it) => sum + it, 0) / values.length;
}

function middleOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
