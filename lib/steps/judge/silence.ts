import { epochMs } from '../../release/clock.ts';
import type { ComparableMetric, Comparison } from '../../release/comparison.ts';
import type { Plan } from '../../release/plan.ts';
import type { MetricPoint } from '../../signals/signal.ts';
import { type Baseline, longestGapMs, requestsPerSecond, stretchesOf } from './baseline.ts';
import { knownUntil, type Stretch, sumOf, type Timing } from './stretches.ts';

/** What the metrics do not have of green, though there must be some. */
export interface Silence {
  /** Since when, in milliseconds since the Unix epoch. */
  sinceMs: number;
  /** How long, as far as points have settled. Milliseconds. */
  lastsMs: number;
  /** They have had some since the shift. */
  wasSeen: boolean;
  /** One sentence. */
  reason: string;
}

/** What was measured since a shift. */
export interface Watched {
  startedMs: number;
  nowMs: number;
  timing: Timing;
  /** Points with requests, oldest first. */
  green: readonly MetricPoint[];
  blue: readonly MetricPoint[];
  baseline: Baseline;
  /** Green's, of all traffic. */
  weightPercent: number;
}

/**
 * That the metrics have no request of green, or no latency that is compared. A service that nobody uses
 * is not silent: blue tells how much there must be, at the same time while it has traffic, or else before.
 */
export function silenceOf(plan: Plan, watched: Watched): Silence | null {
  return withoutRequests(plan, watched) ?? withoutLatency(plan, watched);
}

function withoutRequests({ watch }: Plan, watched: Watched): Silence | null {
  const { green, timing } = watched;
  const last = green.at(-1);
  const wasSeen = last !== undefined;
  const sinceMs = last ? epochMs(last.at) + timing.periodMs : firstPointMs(watched);
  const missed = missedRequests(watched, sinceMs);
  if (missed < watch.minRequests) return null;
  const reason = `the metrics have no request to green${wasSeen ? ' any more' : ' since the shift'}, and by what blue had there should have been ${missed}`;
  return { sinceMs, lastsMs: knownMs(watched) - sinceMs, wasSeen, reason };
}

function withoutLatency(plan: Plan, watched: Watched): Silence | null {
  const sinceMs = firstPointMs(watched);
  const lastsMs = knownMs(watched) - sinceMs;
  const missing = lastsMs > 0 ? missingLatency(plan, watched) : undefined;
  if (!missing) return null;
  const reason = `the metrics have no ${missing} of green since the shift, and had it of blue`;
  return { sinceMs, lastsMs, wasSeen: false, reason };
}

/** A point that began before the shift is not the shift's. */
function firstPointMs({ startedMs, timing }: Watched): number {
  return startedMs + timing.periodMs;
}

function knownMs({ nowMs, timing }: Watched): number {
  return knownUntil(nowMs, timing);
}

/** Requests that green must have had since then, as far as points have settled. */
function missedRequests(watched: Watched, sinceMs: number): number {
  const { blue, baseline, weightPercent } = watched;
  const untilMs = knownMs(watched);
  const lastsMs = untilMs - sinceMs;
  if (lastsMs <= 0) return 0;
  const meanwhile = blue.filter(({ at }) => epochMs(at) >= sinceMs && epochMs(at) < untilMs);
  const ofBlue = sumOf(meanwhile, (point) => point.requests);
  if (weightPercent < 100 && ofBlue > 0) {
    return Math.floor((ofBlue * weightPercent) / (100 - weightPercent));
  }
  // Traffic may come in bursts: only a pause that is much longer than blue's were tells of something.
  if (lastsMs <= 2 * longestGapMs(baseline)) return 0;
  const usual = requestsPerSecond(baseline) * (lastsMs / 1000) * (weightPercent / 100);
  return Math.max(0, Math.floor(usual - ofBlue));
}

/** So many points of blue say that a latency can be measured. */
const fewestPoints = 5;

/** The first critical latency that no point of green has, and those of blue do. */
function missingLatency(
  { watch }: Plan,
  { green, blue, baseline }: Watched,
): ComparableMetric | undefined {
  const hasLatency = (it: Pick<Stretch, 'latencyMs'> | null) => (it?.latencyMs ?? null) !== null;
  const isKnown = [...stretchesOf(baseline), ...blue].filter(hasLatency).length >= fewestPoints;
  const isEnough = sumOf(green, (point) => point.requests) >= watch.minRequests;
  if (!isKnown || !isEnough || green.some(hasLatency)) return undefined;
  const metrics = Object.entries(watch.compare) as [ComparableMetric, Comparison][];
  return metrics.find(
    ([metric, { isCritical = true }]) => isCritical && metric !== 'errorRate',
  )?.[0];
}
