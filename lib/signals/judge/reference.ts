/** What blue did, ready to be compared with. Numbers are oriented: more is worse. */
export interface Reference {
  sorted: readonly number[];
  median: number;
  highest: number;
  /** Of the ranks of one point and the next, from 0 to 0.8. */
  autocorrelation: number;
}

/** Beyond this a threshold that grows with it could not be reached in a short window any more. */
const highestAutocorrelation = 0.8;
/** Taken for granted where equal points do not tell whether changes come alone. */
const unknownAutocorrelation = 0.6;

/** @param points in the order of time, at least one */
export function referenceOf(points: readonly number[]): Reference {
  const sorted = [...points].sort((a, b) => a - b);
  const ranks = points.map((point) => midRank(sorted, point) - 0.5);
  const tied = tiedShare(sorted);
  return {
    sorted,
    median: medianOfSorted(sorted),
    highest: sorted.at(-1) ?? Number.NaN,
    autocorrelation: tied * unknownAutocorrelation + (1 - tied) * autocorrelationOf(ranks),
  };
}

/** The share of the points that lie below a value, those that equal it counted by half. */
export function midRank(sorted: readonly number[], value: number): number {
  const below = countWhile(sorted, (point) => point < value);
  const notAbove = countWhile(sorted, (point) => point <= value);
  return (below + notAbove) / 2 / sorted.length;
}

/** How many of the first points hold a condition that those after them do not hold. */
function countWhile(sorted: readonly number[], holds: (point: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** NaN without values. */
export function medianOf(values: readonly number[]): number {
  return medianOfSorted([...values].sort((a, b) => a - b));
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Of deviations from the middle, at lag 1. 0 for what never changes. */
function autocorrelationOf(deviations: readonly number[]): number {
  const power = deviations.reduce((sum, it) => sum + it * it, 0);
  const shared = deviations.reduce((sum, it, i) => sum + it * (deviations[i - 1] ?? 0), 0);
  return power > 0 ? Math.min(highestAutocorrelation, Math.max(0, shared / power)) : 0;
}

/** How probable it is that two of the points are equal. */
function tiedShare(sorted: readonly number[]): number {
  const count = sorted.length;
  // Each point has as many equal ones as lie between its first and its last place.
  const equalPairs = sorted.reduce((sum, point) => sum + placesOf(sorted, point) - 1, 0);
  return count > 1 ? equalPairs / (count * (count - 1)) : 1;
}

function placesOf(sorted: readonly number[], value: number): number {
  return countWhile(sorted, (it) => it <= value) - countWhile(sorted, (it) => it < value);
}
