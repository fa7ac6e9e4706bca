import { epochMs, isoTime } from '../../release/clock.ts';
import type { BaselineSeries, MetricSummary, ReleaseDocument } from '../../release/document.ts';
import type { Plan } from '../../release/plan.ts';
import type { MetricPoint } from '../../signals/signal.ts';
import { cut, periodOf, type Stretch, stretchMs, sumOf } from './stretches.ts';

export type Baseline = NonNullable<ReleaseDocument['baseline']>;

/** Blue is kept in so many stretches at most: before a shift, and of each earlier day. */
export const mostStretches = 60;
/** Blue is measured this far back at least, in milliseconds: what it does in a few minutes is not all it does. */
const shortestBaselineMs = 1_800_000;
/** Fewer stretches with requests say less than an earlier baseline; the judge asks for so many of a value. */
const fewestStretches = 5;
/** A baseline of before an earlier shift is no older than this, in milliseconds: traffic has its hours. */
const oldestMs = 3_600_000;

/** The shift before which blue is measured. */
export interface Shift {
  atMs: number;
  /** How long it is watched. */
  windowSeconds: number;
}

/** How far back blue is measured. Milliseconds. */
export function baselineLengthMs(plan: Plan, { windowSeconds }: Shift): number {
  return Math.max(shortestBaselineMs, stretchMs(plan, windowSeconds, 1) * mostStretches);
}

/**
 * Blue's last stretches before a shift; points that reach beyond it are left out. A short window has short
 * stretches, and 60 of them would be a few minutes: then so many make one, as far as the source knows
 * half an hour. Their counts are together, which makes them vary no less than green's; of latencies that
 * of one stretch stands for all, as a longer one would vary less, and make a verdict hasty.
 *
 * @param points of each environment that had traffic, blue's first
 */
export function baselineOf(
  plan: Plan,
  points: readonly (readonly MetricPoint[])[],
  { atMs, windowSeconds }: Shift,
): BaselineSeries {
  const [blue = [], ...others] = points.map((those) => those.filter((it) => endMs(it) <= atMs));
  const lookMs = stretchMs(plan, windowSeconds, (periodOf(blue) ?? 1000) / 1000);
  const firstMs = Math.min(atMs, ...blue.map(({ at }) => epochMs(at)));
  const knownMs = Math.min(shortestBaselineMs, atMs - firstMs);
  const every = Math.max(1, Math.ceil(knownMs / (mostStretches * lookMs)));
  const lengthMs = every * lookMs;
  const fromMs = atMs - mostStretches * lengthMs;
  const stretches = cut(blue, { fromMs, lengthMs, count: mostStretches });
  const looks = cut(blue, { fromMs, lengthMs: lookMs, count: mostStretches * every });
  const latencies = stretches.map((_, i) => lastLatency(looks.slice(i * every, (i + 1) * every)));
  const listOf = (name: 'p50' | 'p95' | 'p99') =>
    latencies.map((it) => (it ? fourDigits(it[name]) : null));
  const all = [blue, ...others].flat().filter(({ at }) => epochMs(at) >= fromMs);
  return {
    until: isoTime(atMs),
    stretchSeconds: lengthMs / 1000,
    requestsPerSecond: sumOf(all, (it) => it.requests) / ((mostStretches * lengthMs) / 1000),
    requests: stretches.map((it) => it?.requests ?? 0),
    errors: stretches.map((it) => it?.errors ?? 0),
    p50: listOf('p50'),
    p95: listOf('p95'),
    p99: listOf('p99'),
  };
}

/** As many digits as are kept of a figure. */
export function fourDigits(value: number): number {
  return Number(value.toPrecision(4));
}

function endMs({ at, periodSeconds }: MetricPoint): number {
  return epochMs(at) + periodSeconds * 1000;
}

function lastLatency(looks: readonly (Stretch | null)[]): Stretch['latencyMs'] {
  return looks.findLast((it) => it?.latencyMs)?.latencyMs ?? null;
}

/**
 * Whether a baseline is that of a shift, or blue has to be measured again: before a later shift, or
 * because it had no requests, which may be because its source did not know them yet.
 */
export function isOfShift(
  baseline: Baseline,
  { milestones }: ReleaseDocument,
  { atMs }: Shift,
): boolean {
  return untilMs(baseline, milestones) === atMs && stretchesOf(baseline).some((it) => it !== null);
}

/** The end of a baseline: older documents have only one, of before the first shift. */
function untilMs(baseline: Baseline, { firstShiftAt }: ReleaseDocument['milestones']): number {
  const until = 'latencyPoints' in baseline ? firstShiftAt : baseline.until;
  return until === null ? Number.NEGATIVE_INFINITY : epochMs(until);
}

/** What blue did before a shift, where it did enough; else an earlier baseline that is not too old. */
export function betterBaseline(
  document: ReleaseDocument,
  fresh: BaselineSeries,
  { atMs }: Shift,
): Baseline {
  const { baseline, milestones } = document;
  if (!baseline) return fresh;
  const known = stretchesOf(fresh).filter((it) => it !== null).length;
  const isOld = atMs - untilMs(baseline, milestones) > oldestMs;
  const isBetter = known >= fewestStretches || isOld;
  if ('latencyPoints' in baseline) return isBetter ? fresh : baseline;
  const { earlier } = baseline;
  return { ...(isBetter ? fresh : baseline), ...(earlier && { earlier }) };
}

/** A baseline as the judge reads it; null where blue did nothing. */
export function stretchesOf(baseline: Baseline): (Stretch | null)[] {
  if ('latencyPoints' in baseline) return stretchesOfSummary(baseline);
  return baseline.requests.map((requests, i) => {
    const [p50, p95, p99] = [baseline.p50[i], baseline.p95[i], baseline.p99[i]];
    const hasLatency =
      typeof p50 === 'number' && typeof p95 === 'number' && typeof p99 === 'number';
    const latencyMs = hasLatency ? { p50, p95, p99 } : null;
    return requests === 0 ? null : { requests, errors: baseline.errors[i] ?? 0, latencyMs };
  });
}

/** All that an older document knows is the middle of so many points: they are taken for equal. */
function stretchesOfSummary({ requests, errors, latencyMs, latencyPoints }: MetricSummary) {
  const count = Math.min(mostStretches, Math.max(1, latencyPoints));
  const share = { requests: requests / count, errors: errors / count, latencyMs };
  return requests === 0 ? [] : Array.from({ length: count }, () => share);
}

/** Requests to the service in a second, at least: where nothing is known of a stretch it had none. */
export function requestsPerSecond(baseline: Baseline): number {
  return 'latencyPoints' in baseline ? 0 : baseline.requestsPerSecond;
}

/** How long blue had no request at most, in milliseconds, since it had the first one. */
export function longestGapMs(baseline: Baseline): number {
  if ('latencyPoints' in baseline) return 0;
  const { requests, stretchSeconds } = baseline;
  const since = requests.findIndex((it) => it > 0);
  let [longest, gap] = [0, 0];
  for (const count of requests.slice(Math.max(0, since))) {
    gap = count > 0 ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  return longest * stretchSeconds * 1000;
}

/** How long the points of blue's source were at most, in milliseconds: no stretch is shorter than one. */
export function longestPeriodMs(baseline: Baseline): number {
  return 'latencyPoints' in baseline ? 1000 : baseline.stretchSeconds * 1000;
}
