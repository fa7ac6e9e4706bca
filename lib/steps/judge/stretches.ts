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
  /** What begins later is left out, and the last stretch reaches until then; where they all end if absent. */
  untilMs?: number;
}

/** A window, in milliseconds since the Unix epoch. */
export interface WindowTime {
  startedMs: number;
  endsMs: number;
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

/** Until when all points are there and settled: the last one may end a whole period later. */
export function knownUntil(nowMs: number, { periodMs, settleMs }: Timing): number {
  return nowMs - settleMs - periodMs;
}

/**
 * The stretches of a window that are over and no longer change. The first one is shorter by what
 * points and their settling take of an interval, so that later ones are settled when they are looked at
 * and not an interval afterwards. Once all of the window has settled, what is left at its end belongs to
 * the last one.
 */
export function settledGrid(
  { startedMs, endsMs }: WindowTime,
  nowMs: number,
  lengthMs: number,
  timing: Timing,
): Grid {
  const fromMs = startedMs - ((timing.periodMs + timing.settleMs) % lengthMs);
  const knownMs = Math.min(endsMs, knownUntil(nowMs, timing));
  const count = Math.max(0, Math.floor((knownMs - fromMs) / lengthMs));
  if (knownMs < endsMs) return { fromMs, lengthMs, count };
  return { fromMs, lengthMs, count: Math.max(1, count), untilMs: endsMs };
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
export function cut(
  points: readonly MetricPoint[],
  { fromMs, lengthMs, count, untilMs = fromMs + count * lengthMs }: Grid,
): (Stretch | null)[] {
  const inTime = points.filter(({ at }) => epochMs(at) < untilMs);
  const groups = Map.groupBy(inTime, ({ at }) =>
    Math.min(count - 1, Math.floor((epochMs(at) - fromMs) / lengthMs)),
  );
  return Array.from({ length: count }, (_, i) => together(groups.get(i) ?? []));
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
