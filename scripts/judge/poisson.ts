/** A Poisson variable with this mean. */
export function drawPoisson(mean: number, random: () => number): number {
  return mean < 10 ? byProduct(mean, random) : byRejection(mean, random);
}

/** D. E. Knuth's method: as many uniform variables as keep their product above e^−mean. */
function byProduct(mean: number, random: () => number): number {
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > least; product *= random()) count += 1;
  return count;
}

/** W. Hörmann's transformed rejection PTRS (1993), which takes as long for every mean. */
function byRejection(mean: number, random: () => number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const quick = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const us = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= quick) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    const height = Math.log((v * inverseAlpha) / (a / us ** 2 + b));
    if (height <= count * Math.log(mean) - mean - logFactorial(count)) return count;
  }
}

/** By J. Stirling's series: off by less than 1e-9 from 10 on, exact below. */
export function logFactorial(count: number): number {
  if (count < 10) {
    return Array.from({ length: count }, (_, i) => Math.log(i + 1)).reduce(
      (sum, it) => sum + it,
      0,
    );
  }
  const n = count + 1;
  const tail = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
  return (n - 0.5) * Math.log(n) - n + Math.log(2 * Math.PI) / 2 + tail;
}
