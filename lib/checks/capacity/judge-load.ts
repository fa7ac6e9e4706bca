import type { LoadConfig } from '../capacity.ts';
import type { LoadResult } from './put-load.ts';

/** How blue does, as far as it is known. */
export interface Baseline {
  /** Milliseconds; null where nothing is known. */
  p95Ms: number | null;
  /** Of all its answers; 0 where nothing is known. */
  errorRate: number;
}

/** Green has to be so much slower besides: a few milliseconds more are no matter of capacity. */
const leastSlowdownMs = 250;
/** One request alone may fail on the way. */
const leastErrors = 2;
/** A larger share of errors is never excused. */
const mostErrors = 0.5;

/** What a step says against green, with the numbers; null for nothing. */
export function objectionTo(
  step: LoadResult,
  { ceiling, slowdown }: LoadConfig,
  blue: Baseline,
): string | null {
  if (step.stopped === 'connections')
    return `${ceiling.connections} requests were under way at the same time, as many as load.ceiling.connections lets be`;
  return (
    tooManyErrors(step, ceiling.errorRate, blue) ??
    slowerThanCeiling(step, ceiling.p95 * 1000) ??
    slowerThanBlue(step, slowdown, blue)
  );
}

function tooManyErrors(
  { errors, sent, problems, stopped }: LoadResult,
  most: number,
  blue: Baseline,
): string | null {
  const rate = sent === 0 ? 0 : errors / sent;
  const isTolerable = errors < leastErrors || rate <= Math.max(most, blue.errorRate);
  // Whatever blue does: who fails most of the time bears nothing.
  if (rate <= mostErrors && stopped === null && isTolerable) return null;
  const [worst = 'no answer'] = Object.entries(problems)
    .toSorted(([, a], [, b]) => b - a)
    .map(([problem]) => problem);
  return `${errors} of ${sent} requests failed (${worst}), more than ${inPercent(most)}`;
}

function slowerThanCeiling({ p95Ms }: LoadResult, mostMs: number): string | null {
  if (p95Ms === null || p95Ms <= mostMs) return null;
  return `p95 is ${ms(p95Ms)}, more than ${ms(mostMs)}`;
}

function slowerThanBlue(
  { p95Ms }: LoadResult,
  slowdown: number,
  { p95Ms: bluesMs }: Baseline,
): string | null {
  if (p95Ms === null || bluesMs === null) return null;
  if (p95Ms <= bluesMs * slowdown || p95Ms <= bluesMs + leastSlowdownMs) return null;
  return `p95 is ${ms(p95Ms)}, ${(p95Ms / Math.max(bluesMs, 0.1)).toFixed(1)} times blue's ${ms(bluesMs)}`;
}

/** The rates of a ramp, from the first to the last. */
export function ratesOf({ from, to, steps }: LoadConfig): number[] {
  if (steps === 1) return [to];
  const rise = (to - from) / (steps - 1);
  return Array.from({ length: steps }, (_, step) => Math.round((from + step * rise) * 10) / 10);
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function inPercent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}
