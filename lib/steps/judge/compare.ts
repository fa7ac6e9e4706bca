import { epochMs } from '../../release/clock.ts';
import type { ReleaseDocument, WatchState } from '../../release/document.ts';
import type { MetricPoint, MetricQuery } from '../../signals/signal.ts';
import { greenOf, planOf, versionsOf } from '../document.ts';
import type { Ports } from '../ports.ts';
import {
  type Baseline,
  baselineLengthMs,
  baselineOf,
  requestsPerSecond,
  stretchesOf,
} from './baseline.ts';
import { cut, periodOf, settledGrid, stretchMs, type Timing } from './stretches.ts';
import { compareSides, type Verdict } from './verdict.ts';

/** What one look came to. */
export interface Comparison {
  verdict: Verdict;
  /** Blue before the first shift; null where nothing is compared. */
  baseline: Baseline | null;
  /** Requests that green must have had, where the source has not one point of either side; else 0. */
  missedRequests: number;
}

/**
 * Green since the shift, and blue: before the first shift, and beside green while it still gets enough.
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
  if (Object.keys(plan.watch.compare).length === 0) return nothingCompared(document);
  const baseline = document.baseline ?? (await measureBaseline(document, watch, ports));
  const startedMs = epochMs(watch.startedAt);
  const weightPercent = plan.steps[watch.stepIndex]?.weightPercent ?? 100;
  const soleEnvironmentId = weightPercent === 100 ? greenOf(document).id : undefined;
  const since = { fromMs: startedMs, toMs: nowMs, soleEnvironmentId };
  const { blue, green, settleSeconds } = await measure(document, since, ports);
  const periodMs = periodOf([...blue, ...green]) ?? 1000;
  const timing: Timing = { periodMs, settleMs: (settleSeconds ?? periodMs / 1000) * 1000 };
  const windowMs = epochMs(watch.endsAt) - startedMs;
  const lengthMs = stretchMs(plan, windowMs / 1000, periodMs / 1000);
  const grid = settledGrid(startedMs, nowMs, lengthMs, timing);
  const verdict = compareSides(plan.watch, {
    before: stretchesOf(baseline),
    beside: cut(blue, grid),
    green: cut(green, grid),
    lookSeconds: lengthMs / 1000,
    plannedLooks: Math.ceil(windowMs / lengthMs),
  });
  const isSilent = blue.length + green.length === 0;
  const expected =
    requestsPerSecond(baseline) * ((nowMs - startedMs) / 1000) * (weightPercent / 100);
  return { verdict, baseline, missedRequests: isSilent ? Math.floor(expected) : 0 };
}

function nothingCompared({ baseline }: ReleaseDocument): Comparison {
  const verdict: Verdict = {
    verdict: 'healthy',
    reason: 'nothing to compare',
    lookSeconds: null,
    metrics: [],
  };
  return { verdict, baseline, missedRequests: 0 };
}

async function measureBaseline(document: ReleaseDocument, watch: WatchState, ports: Ports) {
  const plan = planOf(document);
  const toMs = epochMs(document.milestones.firstShiftAt ?? watch.startedAt);
  const fromMs = toMs - baselineLengthMs(plan);
  const sole = { soleEnvironmentId: document.blue?.id };
  const { blue } = await measure(document, { fromMs, toMs, ...sole }, ports);
  return baselineOf(plan, blue, toMs);
}

interface Measured {
  blue: MetricPoint[];
  green: MetricPoint[];
  settleSeconds: number | undefined;
}

async function measure(
  document: ReleaseDocument,
  time: Omit<MetricQuery, 'environmentIds'>,
  ports: Ports,
): Promise<Measured> {
  const green = greenOf(document);
  const { blue, service } = document;
  const environmentIds = blue ? [blue.id, green.id] : [green.id];
  const { metrics, router } = planOf(document);
  const source = ports.adapters.metrics(metrics, service, router);
  const versions = versionsOf(document);
  const samples = await source.samples({ environmentIds, versions, ...time });
  const withRequests = (id: string) => (samples[id] ?? []).filter((point) => point.requests > 0);
  return {
    blue: blue ? withRequests(blue.id) : [],
    green: withRequests(green.id),
    settleSeconds: source.settleSeconds,
  };
}
