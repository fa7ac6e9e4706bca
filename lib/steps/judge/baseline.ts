import { epochMs } from '../../release/clock.ts';
import type { BaselineSeries, MetricSummary, ReleaseDocument } from '../../release/document.ts';
import type { Plan } from '../../release/plan.ts';
import type { MetricPoint } from '../../signals/signal.ts';
import { cut, periodOf, type Stretch, stretchMs } from './stretches.ts';

export type Baseline = NonNullable<ReleaseDocument['baseline']>;

/** Blue before the cutover is kept in so many stretches at most. */
const mostStretches = 60;
/** Blue is measured this far back at least, in milliseconds: a source may have long points. */
const shortestBaselineMs = 1_800_000;

/**
 * How long the stretches of blue are: those of the shortest window. In a longer one they vary more than
 * green's, which makes a verdict more careful and never hasty. Milliseconds.
 */
export function baselineStretchMs(plan: Plan, periodSeconds: number): number {
  return Math.min(...plan.steps.map((it) => stretchMs(plan, it.windowSeconds, periodSeconds)));
}

/** How far back blue is measured. Milliseconds. */
export function baselineLengthMs(plan: Plan): number {
  return Math.max(shortestBaselineMs, baselineStretchMs(plan, 1) * mostStretches);
}

/** Blue's last stretches before the first shift; points that reach beyond it are left out. */
export function baselineOf(
  plan: Plan,
  points: readonly MetricPoint[],
  shiftMs: number,
): BaselineSeries {
  const whole = points.filter(
    ({ at, periodSeconds }) => epochMs(at) + periodSeconds * 1000 <= shiftMs,
  );
  const lengthMs = baselineStretchMs(plan, (periodOf(whole) ?? 1000) / 1000);
  const fromMs = shiftMs - mostStretches * lengthMs;
  const stretches = cut(whole, { fromMs, lengthMs, count: mostStretches });
  const latencies = (name: 'p50' | 'p95' | 'p99') =>
    stretches.map((it) => (it?.latencyMs ? Number(it.latencyMs[name].toPrecision(4)) : null));
  return {
    stretchSeconds: lengthMs / 1000,
    requests: stretches.map((it) => it?.requests ?? 0),
    errors: stretches.map((it) => it?.errors ?? 0),
    p50: latencies('p50'),
    p95: latencies('p95'),
    p99: latencies('p99'),
  };
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

/** Requests to blue in a second, at least: where nothing is known of a stretch it had none. */
export function requestsPerSecond(baseline: Baseline): number {
  if ('latencyPoints' in baseline) return 0;
  const seconds = baseline.requests.length * baseline.stretchSeconds;
  return seconds > 0 ? baseline.requests.reduce((sum, it) => sum + it, 0) / seconds : 0;
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
