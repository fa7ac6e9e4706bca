import { epochMs, isoTime } from '../../release/clock.ts';
import { type ComparableMetric, comparableMetrics } from '../../release/comparison.ts';
import type { EarlierDay, EarlierDays, WatchState } from '../../release/document.ts';
import { type Plan, usualReadyWithinSeconds } from '../../release/plan.ts';
import type { MetricPoint } from '../../signals/signal.ts';
import { fourDigits, mostStretches } from './baseline.ts';
import { cut, periodOf, type Stretch, stretchMs, sumOf } from './stretches.ts';

const dayMs = 86_400_000;
/** What is kept of all days, as JSON, in bytes: the release document stays under 32 KB. */
const mostBytes = 6144;

/** A part of the time line, in milliseconds since the Unix epoch. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** What is known of an earlier stretch: latencies only where they are compared. */
export interface EarlierStretch {
  requests: number;
  errors: number;
  latencyMs: { p50?: number; p95?: number; p99?: number } | null;
}

/**
 * When green will have all traffic, as far as it can be known at the first look: while blue has some,
 * both have the same hour anyway. Getting ready for later shifts may take as long as the plan allows,
 * so all of that is in it. Not more than a day, since hours come again.
 */
export function hoursOfGreen(plan: Plan, watch: WatchState, firstShiftMs: number): Span {
  const { steps, readyWithinSeconds = usualReadyWithinSeconds } = plan;
  const full = steps.findIndex(({ weightPercent }) => weightPercent === 100);
  const between = steps.slice(watch.stepIndex + 1, Math.max(full, watch.stepIndex + 1));
  const later = steps.slice(watch.stepIndex + 1);
  const endsMs = epochMs(watch.endsAt);
  const fromMs =
    full > watch.stepIndex
      ? endsMs + sumOf(between, (it) => it.windowSeconds) * 1000
      : firstShiftMs;
  const toMs = endsMs + sumOf(later, (it) => it.windowSeconds + readyWithinSeconds) * 1000;
  return { fromMs, toMs: Math.min(toMs, fromMs + dayMs) };
}

/** The same hours on so many earlier days, the latest first, none of which reaches beyond the first shift. */
export function onEarlierDays(hours: Span, firstShiftMs: number, days: number): Span[] {
  const nearest = Math.max(1, Math.ceil((hours.toMs - firstShiftMs) / dayMs));
  return Array.from({ length: days }, (_, i) => {
    const back = (nearest + i) * dayMs;
    return { fromMs: hours.fromMs - back, toMs: hours.toMs - back };
  });
}

/** An earlier day, and what was measured of blue in it. */
export interface MeasuredDay {
  span: Span;
  points: readonly MetricPoint[];
}

/** Days on which blue was live, in stretches of one length; null where it did nothing. */
export interface LiveDays {
  lengthMs: number;
  days: (Stretch | null)[][];
}

/**
 * Earlier days in stretches as long as those of the last window, in which green has all traffic. A day on which blue did nothing
 * in more than half of them does not count.
 *
 * @param hours which the days are earlier by whole days
 */
export function liveDays(plan: Plan, hours: Span, measured: readonly MeasuredDay[]): LiveDays {
  const periodMs = periodOf(measured.flatMap(({ points }) => points)) ?? 1000;
  const windowSeconds = plan.steps.at(-1)?.windowSeconds ?? 0;
  const lengthMs = stretchMs(plan, windowSeconds, periodMs / 1000);
  const count = Math.floor((hours.toMs - hours.fromMs) / lengthMs);
  const days = measured
    .map(({ span: { fromMs }, points }) => cut(points, { fromMs, lengthMs, count }))
    .filter((stretches) => isLive(stretches));
  return { lengthMs, days };
}

function isLive(stretches: readonly (Stretch | null)[]): boolean {
  const known = stretches.filter((it) => it !== null).length;
  return known > 0 && known >= stretches.length / 2;
}

/**
 * What is kept of them: of what is compared, at most 60 stretches a day, and so many bytes. Where there
 * are more, every second, third … is kept: longer ones would vary less than green's, and so make a
 * verdict hasty. Null where nothing fits, or there is nothing.
 *
 * @param roomBytes what is left of the document
 */
export function keptDays(
  plan: Plan,
  hours: Span,
  { lengthMs, days }: LiveDays,
  roomBytes: number,
): EarlierDays | null {
  const count = days[0]?.length ?? 0;
  for (let every = Math.max(1, Math.ceil(count / mostStretches)); every <= count; every += 1) {
    const kept = {
      from: isoTime(hours.fromMs),
      stretchSeconds: lengthMs / 1000,
      everySeconds: (every * lengthMs) / 1000,
      days: days.map((all) => figuresOf(everyOf(all, every), plan)),
    };
    if (JSON.stringify(kept).length <= Math.min(mostBytes, roomBytes)) return kept;
  }
  return null;
}

function everyOf<Item>(items: readonly Item[], every: number): Item[] {
  return items.filter((_, i) => i % every === 0);
}

/** Lists that a metric needs. */
const listsOf: Record<ComparableMetric, readonly (keyof EarlierDay)[]> = {
  errorRate: ['requests', 'errors'],
  latencyP50: ['p50'],
  latencyP95: ['p95'],
  latencyP99: ['p99'],
};

function figuresOf(stretches: readonly (Stretch | null)[], { watch }: Plan): EarlierDay {
  const compared = comparableMetrics.filter((metric) => watch.compare[metric] !== undefined);
  const lists = compared.flatMap((metric) => listsOf[metric]);
  return Object.fromEntries(lists.map((list) => [list, stretches.map((it) => figureOf(it, list))]));
}

function figureOf(stretch: Stretch | null, list: keyof EarlierDay): number | null {
  if (list === 'requests' || list === 'errors') return fourDigits(stretch?.[list] ?? 0);
  return stretch?.latencyMs ? fourDigits(stretch.latencyMs[list]) : null;
}

/**
 * Of each day the stretches at the hour of a window; null where blue did nothing. None where they cover
 * less than half of it: a release that was held, or took longer than it may, is elsewhere in the day.
 */
export function atTheHourOf(
  { from, stretchSeconds, everySeconds, days }: EarlierDays,
  { fromMs, toMs }: Span,
): (EarlierStretch | null)[][] {
  const windowMs = Math.min(toMs - fromMs, dayMs);
  const isInside = (index: number) => {
    const endMs = epochMs(from) + (index * everySeconds + stretchSeconds) * 1000;
    const intoMs = (((endMs - fromMs) % dayMs) + dayMs) % dayMs;
    return intoMs > 0 && intoMs < windowMs + stretchSeconds * 1000;
  };
  return days
    .map((day) => stretchesOf(day).filter((_, index) => isInside(index)))
    .filter((stretches) => stretches.length * everySeconds * 1000 >= windowMs / 2);
}

function stretchesOf(day: EarlierDay): (EarlierStretch | null)[] {
  const { requests, errors, p50, p95, p99 } = day;
  const length = Math.max(...[requests, p50, p95, p99].map((list) => list?.length ?? 0));
  return Array.from({ length }, (_, i) => {
    const measured = Object.entries({ p50: p50?.[i], p95: p95?.[i], p99: p99?.[i] }).filter(
      ([, value]) => typeof value === 'number',
    );
    const latencyMs = measured.length > 0 ? Object.fromEntries(measured) : null;
    const known = { requests: requests?.[i] ?? 0, errors: errors?.[i] ?? 0, latencyMs };
    return known.requests === 0 && latencyMs === null ? null : known;
  });
}
