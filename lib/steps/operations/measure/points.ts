import { epochMs, isoTime } from '../../../release/clock.ts';
import type { MeasuredPoint } from '../../../release/release-metrics.ts';
import type { MetricPoint } from '../../../signals/signal.ts';

/** More points than this nobody sees in a chart. */
export const mostPoints = 240;

/** Lengths that people read as round, in seconds. */
const roundSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

/**
 * The length of points with which a time fits into {@link mostPoints}: a multiple of the source's own.
 * Seconds.
 */
export function periodFor(spanSeconds: number, ownSeconds: number): number {
  const needed = Math.max(ownSeconds, spanSeconds / mostPoints);
  const round = roundSeconds.find((it) => it >= needed && it % ownSeconds === 0);
  return round ?? Math.ceil(needed / ownSeconds) * ownSeconds;
}

/**
 * Puts points together into longer ones, on multiples of their length. Counts are added up. A
 * percentile of several points is their mean by requests: the true one would need every request, and
 * the largest would make one slow second look like a slow hour.
 */
export function widen(points: readonly MetricPoint[], periodSeconds: number): MeasuredPoint[] {
  const periodMs = periodSeconds * 1000;
  const groups = Map.groupBy(points, ({ at }) => Math.floor(epochMs(at) / periodMs) * periodMs);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([startMs, group]) => ({
      at: isoTime(startMs),
      requests: sumOf(group, (it) => it.requests),
      errors: sumOf(group, (it) => it.errors),
      latencyMs: meanLatency(group),
    }));
}

function meanLatency(group: readonly MetricPoint[]): MeasuredPoint['latencyMs'] {
  const measured = group.filter((it) => it.latencyMs !== null);
  const weight = sumOf(measured, (it) => it.requests);
  if (weight === 0) return null;
  const mean = (name: 'p50' | 'p95' | 'p99') => {
    const sum = sumOf(measured, (it) => it.requests * (it.latencyMs?.[name] ?? 0));
    return Number((sum / weight).toPrecision(4));
  };
  return { p50: mean('p50'), p95: mean('p95'), p99: mean('p99') };
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
