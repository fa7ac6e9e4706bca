import { logFactorial } from '../../judge/poisson.ts';

/** Beyond this mean the normal distribution is as good. */
const largestExact = 2000;
const mostLooks = 100_000;

/**
 * After how many looks J. Neyman's and E. S. Pearson's test (1933) finds half of the regressions. It
 * looks once, at the end of a length that was chosen for it, knows the rates before and after, and has
 * this level: no judge can do better, and none that looks every time and knows neither can reach it.
 *
 * @param mean errors per look where nothing is wrong
 */
export function looksNeeded(mean: number, factor: number, level: number): number {
  const finds = (looks: number) =>
    poissonMedian(mean * factor * looks) > poissonUpperQuantile(mean * looks, level);
  let enough = 1;
  while (enough < mostLooks && !finds(enough)) enough *= 2;
  let tooFew = enough / 2;
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (finds(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/** The smallest count that is exceeded with this probability at most. */
function poissonUpperQuantile(mean: number, level: number): number {
  if (mean > largestExact) return mean + 2.3263 * Math.sqrt(mean);
  let count = 0;
  for (let below = Math.exp(-mean); below < 1 - level; below += probability(count, mean))
    count += 1;
  return count;
}

function probability(count: number, mean: number): number {
  return Math.exp(count * Math.log(mean) - mean - logFactorial(count));
}

/** K. P. Choi 1994: between mean − ln 2 and mean + 1/3, and near the latter. */
function poissonMedian(mean: number): number {
  return Math.floor(mean + 1 / 3 - 0.02 / mean);
}
