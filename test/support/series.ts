import type { Count } from '../../lib/signals/judge/question.ts';
import { drawPoisson } from '../../scripts/judge/poisson.ts';
import { seededRandom } from '../../scripts/judge/random.ts';

/** Latencies as servers have them: around 100 ms, now and then a slow one. The same for the same seed. */
export function latencies(seed: number, points: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: points }, () => {
    const [u, v] = [1 - random(), random()];
    return 100 * Math.exp(0.15 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v));
  });
}

/** So many looks with so many requests each, of which this share fails by chance. */
export function failures(seed: number, looks: number, requests: number, rate: number): Count[] {
  const random = seededRandom(seed);
  return Array.from({ length: looks }, () => ({
    errors: drawPoisson(rate * requests, random),
    requests,
  }));
}
