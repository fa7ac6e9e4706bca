/**
 * The largest value that the rank CUSUM reaches within each number of looks, in every one of so many
 * windows in which nothing is wrong: baseline and candidate are drawn from the same distribution.
 * Ranks do not depend on which, so it is the uniform one.
 *
 * @param looks rising
 * @returns per number of looks the maxima, sorted
 */
export function simulateMaxima(
  baselinePoints: number,
  looks: readonly number[],
  windows: number,
  allowance: number,
  random: () => number,
): Float64Array[] {
  const maxima = looks.map(() => new Float64Array(windows));
  const ends = new Float64Array(baselinePoints + 1);
  for (let window = 0; window < windows; window += 1) {
    const total = drawSpacings(ends, random);
    let sum = 0;
    let highest = 0;
    for (let look = 1, at = 0; at < looks.length; look += 1) {
      const below = countBelow(ends, random() * total);
      sum = Math.max(0, sum + below / baselinePoints - allowance);
      highest = Math.max(highest, sum);
      if (look !== looks[at]) continue;
      (maxima[at] as Float64Array)[window] = highest;
      at += 1;
    }
  }
  return maxima.map((values) => values.sort());
}

/** Sorted uniform points as sums of exponential spacings (Rényi 1953); gives their scale. */
function drawSpacings(ends: Float64Array, random: () => number): number {
  let sum = 0;
  for (let i = 0; i < ends.length; i += 1) {
    sum -= Math.log(1 - random());
    ends[i] = sum;
  }
  return sum;
}

function countBelow(ends: Float64Array, value: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value that this share of the sorted values exceeds. */
export function upperQuantile(sorted: Float64Array, share: number): number {
  return sorted[Math.ceil(sorted.length * (1 - share)) - 1] ?? Number.NaN;
}
