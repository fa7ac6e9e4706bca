import type { Weights } from '../../release/document.ts';

/**
 * Relative weights as whole percent that add up to 100. What is left by rounding goes to the largest
 * remainders; a share that is there counts as one percent at least. Weights of the same id are one.
 */
export function toPercents(weights: readonly (readonly [id: string, weight: number])[]): Weights {
  const sides = merge(weights);
  const total = sides.reduce((sum, [, weight]) => sum + weight, 0);
  const shares = sides.map(([id, weight]) => {
    const exact = (weight * 100) / total;
    return { id, exact, percent: Math.max(1, Math.floor(exact)) };
  });
  return balance(shares);
}

function merge(weights: readonly (readonly [string, number])[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const [id, weight] of weights) sums.set(id, (sums.get(id) ?? 0) + weight);
  return [...sums].filter(([, weight]) => weight > 0);
}

function balance(shares: { id: string; exact: number; percent: number }[]): Weights {
  let left = 100 - shares.reduce((sum, { percent }) => sum + percent, 0);
  const byRest = shares.toSorted((a, b) => b.exact - b.percent - (a.exact - a.percent));
  for (const share of left > 0 ? byRest : []) {
    if (left === 0) break;
    share.percent += 1;
    left -= 1;
  }
  // Shares that were rounded up to one are paid for by the largest.
  const largest = shares.toSorted((a, b) => b.percent - a.percent)[0];
  if (largest) largest.percent += left;
  return Object.fromEntries(shares.map(({ id, percent }) => [id, percent]));
}
