import { rankThresholds } from './rank-thresholds.ts';
import { midRank, type Reference } from './reference.ts';

/** How the sum is made. The benchmark tries others than the one that is used. */
export interface RankTuning {
  /** A rank above this speaks for a change, one below it against. Chance gives 0.5 on average. */
  allowance: number;
  /** What the sum exceeds with the probability `level` where nothing is wrong. */
  thresholdOf(baselinePoints: number, looks: number, level: number): number;
}

export const rankTuning: RankTuning = { allowance: 0.65, thresholdOf: simulatedThreshold };

/** What speaks for a lasting change: E. S. Page's cumulative sum (1954) over ranks. */
export interface RankCusum {
  sum: number;
  /** The look at which the sum last left zero, and how many points came since. */
  since: number | null;
  points: number;
}

/** Before the first look. */
export const emptyCusum: RankCusum = { sum: 0, since: null, points: 0 };

/**
 * The sum after one more look. A point counts by its lowest rank among the references, so that it has
 * to stand out against each.
 *
 * @param value of green, oriented and less the tolerance
 */
export function addRank(
  { sum, since, points }: RankCusum,
  look: number,
  value: number,
  references: readonly Reference[],
  { allowance }: RankTuning,
): RankCusum {
  const rank = Math.min(...references.map(({ sorted }) => midRank(sorted, value)));
  const next = sum + rank - allowance;
  if (next <= 0) return emptyCusum;
  return { sum: next, since: since ?? look, points: points + 1 };
}

/**
 * What the sum must exceed. Without autocorrelation a window in which nothing is wrong gets there with
 * the probability `level`; with it, sums of neighbours vary more by √((1 + φ) / (1 − φ)), as those of an
 * autoregressive process of first order do, and the threshold rises with them.
 */
export function cusumThreshold(
  { sorted, autocorrelation }: Reference,
  looks: number,
  level: number,
  { thresholdOf }: RankTuning,
): number {
  const inflation = Math.sqrt((1 + autocorrelation) / (1 - autocorrelation));
  return thresholdOf(sorted.length, looks, level) * inflation;
}

/** Between simulated windows: linear in the logarithms. Beyond them: as at the border. */
function simulatedThreshold(baselinePoints: number, looks: number, level: number): number {
  const { values } = rankThresholds;
  const [row, rowShare] = place(rankThresholds.baselinePoints, baselinePoints);
  const [column, columnShare] = place(rankThresholds.looks, looks);
  const [layer, layerShare] = place(rankThresholds.levels, level);
  const at = (i: number, j: number, k: number) => Math.log(values[i]?.[j]?.[k] ?? Number.NaN);
  const alongLevel = (i: number, j: number) =>
    mix(at(i, j, layer), at(i, j, layer + 1), layerShare);
  const alongLooks = (i: number) =>
    mix(alongLevel(i, column), alongLevel(i, column + 1), columnShare);
  return Math.exp(mix(alongLooks(row), alongLooks(row + 1), rowShare));
}

/** The interval of a grid that holds a value, and how far into it the value lies, 0 to 1. */
function place(grid: readonly number[], value: number): [index: number, share: number] {
  const isRising = (grid[1] ?? 0) > (grid[0] ?? 0);
  const isBeyond = (edge: number) => (isRising ? value >= edge : value <= edge);
  const index = Math.min(grid.length - 2, Math.max(0, grid.findLastIndex(isBeyond)));
  const from = Math.log(grid[index] ?? Number.NaN);
  const to = Math.log(grid[index + 1] ?? Number.NaN);
  return [index, Math.min(1, Math.max(0, (Math.log(value) - from) / (to - from)))];
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
