import { normalUpperQuantile } from './normal.ts';

/**
 * The largest mean that goes with a count: with it, so few come with this probability. F. Garwood's
 * limit (1936), by E. B. Wilson's and M. M. Hilferty's approximation (1931), which is a little larger.
 */
export function largestMean(count: number, probability: number): number {
  const z = normalUpperQuantile(probability);
  return (count + 1) * (1 - 1 / (9 * (count + 1)) + z / (3 * Math.sqrt(count + 1))) ** 3;
}

/** The smallest mean that goes with a count: with it, so many come with this probability. */
export function smallestMean(count: number, probability: number): number {
  if (count <= 0) return 0;
  const z = normalUpperQuantile(probability);
  return count * Math.max(0, 1 - 1 / (9 * count) - z / (3 * Math.sqrt(count))) ** 3;
}

/** A sum of so many squares of standard normal variables exceeds this with the given probability. */
export function chiSquareUpperQuantile(count: number, probability: number): number {
  const z = normalUpperQuantile(probability);
  return count * (1 - 2 / (9 * count) + z * Math.sqrt(2 / (9 * count))) ** 3;
}
