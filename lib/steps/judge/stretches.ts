import { epochMs } from '../../release/clock.ts';
import type { Plan } from '../../release/plan.ts';
import type { MetricPoint } from '../../signals/signal.ts';

/** What one side did in one stretch of time. */
export type Stretch = Pick<MetricPoint, 'requests' | 'errors' | 'latencyMs'>;

/** Stretches of one length, one after the other. Times are milliseconds since the Unix epoch. */
export interface Grid {
  /** When the first one begins. */
  fromMs: number;
  lengthMs: number;
  count: number;
}

/** A window has at least so many stretches, where the source's points are short enough. */
const fewestStretches = 30;

/**
 * How long the stretches are into which a window is cut: an interval, or less where the window has too
 * few intervals for a verdict; never less than a point of the source. Milliseconds.
 */
export function stretchMs({ watch }: Plan, windowSeconds: number, periodSeconds: number): number {
  const wanted = Math.min(watch.intervalSeconds, windowSeconds / fewestStretches);
  return Math.max(1, Math.ceil(wanted / periodSeconds)) * periodSeconds * 1000;
}

/** What is known of the points: how long they are, and how long they may change after their end. */
export interface Timing {
  periodMs: number;
  settleMs: number;
}

/**
 * The stretches since a shift that are over and no longer change. The first one is shorter by what
 * points and their settling take of an interval, so that later ones are settled when they are looked at
 * and not an interval afterwards.
 */
export function settledGrid(
  startedMs: number,
  nowMs: number,
  lengthMs: number,
  { periodMs, settleMs }: Timing,
): Grid {
  const fromMs = startedMs - ((periodMs + settleMs) % lengthMs);
  // The last point that begins in a stretch may end a whole period later.
  const knownMs = nowMs - settleMs - periodMs;
  return { fromMs, lengthMs, count: Math.max(0, Math.floor((knownMs - fromMs) / lengthMs)) };
}

/** How many stretches begin within so many seconds after a shift; none begins within 0 of them. */
export function looksBefore(
  { fromMs, lengthMs }: Grid,
  startedMs: number,
  seconds: number = 0,
): number {
  return seconds > 0 ? Math.ceil((startedMs + seconds * 1000 - fromMs) / lengthMs) : 0;
}

/** What one side did in each stretch; null where it did nothing, or nothing is known. */
export function cut(points: readonly MetricPoint[], grid: Grid): (Stretch | null)[] {
  const groups = Map.groupBy(points, ({ at }) =>
    Math.floor((epochMs(at) - grid.fromMs) / grid.lengthMs),
  );
  return Array.from({ length: grid.count }, (_, i) => together(groups.get(i) ?? []));
}

/** A percentile of several points is their mean by requests, as charts have it. */
function together(points: readonly MetricPoint[]): Stretch | null {
  const requests = sumOf(points, (point) => point.requests);
  if (requests === 0) return null;
  const measured = points.filter(({ latencyMs }) => latencyMs !== null);
  const weight = sumOf(measured, (point) => point.requests);
  const mean = (name: 'p50' | 'p95' | 'p99') =>
    sumOf(measured, (point) => point.requests * (point.latencyMs?.[name] ?? 0)) / weight;
  return {
    requests,
    errors: sumOf(points, (point) => point.errors),
    latencyMs: weight > 0 ? { p50: mean('p50'), p95: mean('p95'), p99: mean('p99') } : null,
  };
}

/** The length of a source's points in milliseconds; null where there is none to see it from. */
export function periodOf(points: readonly MetricPoint[]): number | null {
  return points.length > 0 ? Math.max(...points.map((point) => point.periodSeconds)) * 1000 : null;
}

export function sumOf<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
