import type { Reference } from './reference.ts';

/** One far point may be a glitch, whatever it shows. */
const fewestExtremes = 2;
/** So many points at most are looked at as one group. */
const mostExtremes = 5;

/** Adds a value to the largest ones, largest first. */
export function addExtreme(largest: readonly number[], value: number): readonly number[] {
  const at = largest.findIndex((it) => it < value);
  const added = largest.toSpliced(at < 0 ? largest.length : at, 0, value);
  return added.slice(0, mostExtremes);
}

/**
 * How many of green's farthest points are a breach by themselves, or 0. For few points that are far
 * beyond anything that blue did, whenever they come.
 *
 * If green is as blue, the number of its points above blue's highest is geometric, and if blue's tail
 * falls as slowly as 1/x (Pareto with index 1: heavier than what servers do), a point k times as far
 * out is k times as rare. So j points that far have the probability (λ / (1 + λ))^j, with
 * λ = looks / (points of blue · k). Each j gets the same part of the level.
 *
 * @param largest green's farthest points, oriented and less the tolerance, largest first
 * @param leastSpread the least that counts as blue's spread, where it hardly has any; 0 if unknown
 */
export function countExtremes(
  largest: readonly number[],
  { sorted, median, highest }: Reference,
  leastSpread: number,
  looks: number,
  level: number,
): number {
  // Where most of blue is nothing there is no scale for what is far.
  if (!(leastSpread > 0)) return 0;
  const spread = Math.max(highest - median, leastSpread);
  const probability = (value: number, count: number) => {
    const expected = looks / (sorted.length * ((value - median) / spread));
    return (expected / (1 + expected)) ** count;
  };
  const share = level / (mostExtremes - fewestExtremes + 1);
  const found = largest.findLastIndex(
    (value, i) =>
      i + 1 >= fewestExtremes && value > median + spread && probability(value, i + 1) <= share,
  );
  return found + 1;
}
