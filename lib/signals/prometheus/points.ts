import { isoTime } from '../../release/clock.ts';
import type { MetricPoint } from '../signal.ts';
import type { Values } from './client.ts';

/** What was measured of one environment; latencies in milliseconds, null where nothing asks for them. */
export interface Figures {
  requests: Values;
  errors: Values;
  latencies: { p50: Values; p95: Values; p99: Values } | null;
}

/** How a server's times become points: each value tells of the step that ends with it. */
export interface Frame {
  stepSeconds: number;
  /** The server's clock minus ours, in milliseconds. */
  aheadMs: number;
}

/**
 * The points of one environment, oldest first. A step that was not measured, or whose figures are no
 * numbers, has none: nothing is filled in. Where requests were counted and errors have no series there
 * were none, since most exporters begin to count a status with its first answer.
 */
export function pointsOf(
  { requests, errors, latencies }: Figures,
  { stepSeconds, aheadMs }: Frame,
): MetricPoint[] {
  const measured = [...requests.keys()]
    .toSorted((a, b) => a - b)
    .map((at) => ({ at, requests: requests.get(at), errors: errors.has(at) ? errors.get(at) : 0 }))
    .filter((it): it is Measured => isCount(it.requests) && isCount(it.errors));
  return inWholeNumbers(measured).map((it) => ({
    at: isoTime(it.at - stepSeconds * 1000 - aheadMs),
    periodSeconds: stepSeconds,
    requests: it.requests,
    errors: it.errors,
    latencyMs: latencyAt(it.at, latencies),
  }));
}

interface Measured {
  at: number;
  requests: number;
  errors: number;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

/**
 * `increase` and `rate` reckon what happened between the scrapes and give fractions of requests. What is
 * cut off here goes to the next point, so that sums stay right where each point has less than one.
 */
function inWholeNumbers(points: readonly Measured[]): Measured[] {
  const left = { requests: 0, errors: 0 };
  const whole = points.map(({ at, requests, errors }) => {
    left.requests += requests;
    left.errors += errors;
    const taken = Math.round(left.requests);
    const failed = Math.min(taken, Math.round(left.errors));
    left.requests -= taken;
    left.errors -= failed;
    return { at, requests: taken, errors: failed };
  });
  return whole.filter((it) => it.requests > 0);
}

function latencyAt(at: number, latencies: Figures['latencies']): MetricPoint['latencyMs'] {
  const [p50, p95, p99] = [latencies?.p50, latencies?.p95, latencies?.p99].map((it) => it?.get(at));
  return isCount(p50) && isCount(p95) && isCount(p99) ? { p50, p95, p99 } : null;
}
