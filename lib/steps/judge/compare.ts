import { epochMs } from '../../release/clock.ts';
import type { ReleaseDocument, WatchState } from '../../release/document.ts';
import { greenOf, planOf } from '../document.ts';
import type { Ports } from '../ports.ts';
import { type Baseline, longestPeriodMs, requestsPerSecond, stretchesOf } from './baseline.ts';
import { atTheHourOf, type Span } from './earlier-days.ts';
import { baselineFor, type EarlierDaysRead, measure, withEarlierDays } from './measure.ts';
import { type Silence, silenceOf } from './silence.ts';
import { cut, looksBefore, periodOf, settledGrid, stretchMs, type Timing } from './stretches.ts';
import { compareSides, type Verdict } from './verdict.ts';

/** What one look came to. */
export interface Comparison {
  verdict: Verdict;
  /** Blue before this shift; null where nothing is compared. */
  baseline: Baseline | null;
  /** Null at looks that read no earlier days: all but the first, and that where none are asked for. */
  earlierDays: EarlierDaysRead | null;
  /** What the metrics do not have of green, though there must be some. */
  silence: Silence | null;
  /** When all of the window is known, in milliseconds since the Unix epoch. */
  settlesMs: number;
}

/**
 * Green since the shift, and blue: before the shift, and beside green while it still gets enough.
 * All of the window is read anew at every look, so that a point that came late or was corrected counts
 * from then on.
 * @throws SignalUnavailableError or ThrottledError when the metrics cannot be read.
 */
export async function compare(
  document: ReleaseDocument,
  watch: WatchState,
  nowMs: number,
  ports: Ports,
): Promise<Comparison> {
  const plan = planOf(document);
  if (Object.keys(plan.watch.compare).length === 0) return nothingCompared(document, watch);
  const before = await baselineFor(document, watch, ports);
  const startedMs = epochMs(watch.startedAt);
  const weightPercent = plan.steps[watch.stepIndex]?.weightPercent ?? 100;
  const soleEnvironmentId = weightPercent === 100 ? greenOf(document).id : undefined;
  const since = { fromMs: startedMs, toMs: nowMs, soleEnvironmentId };
  const { blue, green, settleSeconds } = await measure(document, since, ports);
  // Last: whatever else cannot be read makes the next look the first one, and these are read once.
  const { baseline, read } = await withEarlierDays(document, before, watch, ports);
  const periodMs = periodOf([...blue, ...green]) ?? longestPeriodMs(baseline);
  const timing: Timing = { periodMs, settleMs: (settleSeconds ?? periodMs / 1000) * 1000 };
  const window = { startedMs, endsMs: epochMs(watch.endsAt) };
  const windowMs = window.endsMs - startedMs;
  const lengthMs = stretchMs(plan, windowMs / 1000, periodMs / 1000);
  const grid = settledGrid(window, nowMs, lengthMs, timing);
  const verdict = compareSides(plan.watch, {
    before: stretchesOf(baseline),
    earlier: earlierOf(baseline, { fromMs: startedMs, toMs: epochMs(watch.endsAt) }),
    beside: cut(blue, grid),
    green: cut(green, grid),
    warmUpLooks: looksBefore(grid, startedMs, plan.watch.warmUpSeconds),
    weightPercent,
    usualRequests: (requestsPerSecond(baseline) * lengthMs) / 1000,
    lookSeconds: lengthMs / 1000,
    plannedLooks: Math.ceil(windowMs / lengthMs),
  });
  const watched = { startedMs, nowMs, timing, green, blue, baseline, weightPercent };
  const settlesMs = window.endsMs + timing.settleMs + timing.periodMs;
  return { verdict, baseline, earlierDays: read, silence: silenceOf(plan, watched), settlesMs };
}

function earlierOf(baseline: Baseline, window: Span) {
  const days = 'latencyPoints' in baseline ? undefined : baseline.earlier;
  return days ? atTheHourOf(days, window) : [];
}

function nothingCompared({ baseline }: ReleaseDocument, { endsAt }: WatchState): Comparison {
  const verdict: Verdict = {
    verdict: 'healthy',
    reason: 'nothing to compare',
    lookSeconds: null,
    metrics: [],
  };
  return { verdict, baseline, earlierDays: null, silence: null, settlesMs: epochMs(endsAt) };
}
