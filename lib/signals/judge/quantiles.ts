/**
 * The number that a standard normal variable exceeds with this probability, which is below ½.
 * M. Abramowitz and I. A. Stegun (1964), formula 26.2.23: off by less than 0.00045.
 */
export function normalUpperQuantile(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(probability));
  const above = 2.515517 + 0.802853 * t + 0.010328 * t ** 2;
  const below = 1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3;
  return t - above / below;
}

/**
 * A sum of so many squares of standard normal variables exceeds this with the given probability, by
 * E. B. Wilson's and M. M. Hilferty's approximation (1931).
 */
export function chiSquareUpperQuantile(count: number, probability: number): number {
  const z = normalUpperQuantile(probability);
  return count * (1 - 2 / (9 * count) + z * Math.sqrt(2 / (9 * count))) ** 3;
}
