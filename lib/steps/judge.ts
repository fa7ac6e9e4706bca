import { epochMs, isoTime } from '../release/clock.ts';
import {
  type Breach,
  done,
  type MetricSummary,
  type ReleaseDocument,
  type WatchState,
} from '../release/document.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import { judge as judgeSamples, type Verdict } from '../signals/judge/judge.ts';
import { summarize } from '../signals/judge/summarize.ts';
import type { MetricQuery } from '../signals/signal.ts';
import { recordBreach, throwIfOver } from './breach.ts';
import { greenOf, inPhase, planOf, withoutError } from './document.ts';
import { burnData } from './error-budget.ts';
import type { Ports } from './ports.ts';
import { record } from './record.ts';
import type { Step } from './step.ts';

/** Blue is measured this far back before the cutover: as long as the window, within these bounds. */
const shortestBaselineMs = 60_000;
const longestBaselineMs = 1_800_000;
/** A window that could not be judged at its end is kept open this long at most. */
const patienceMs = 600_000;
const secondLookSeconds = 10;

/**
 * Compares blue and green once and closes the window when its time is up.
 * @throws BreachError when green is worse than the manifest allows, or an alarm came meanwhile.
 */
export const judge: Step = async (document, ports) => {
  const { watch } = document;
  if (!watch) throw new VerdigrisError('ReleaseStateError', 'no watch window is open');
  try {
    return await judgeOnce(document, watch, ports);
  } catch (error) {
    // Alarms go on pushing meanwhile, which they could not while this call is repeated.
    if (!isNamed(error, 'ThrottledError')) throw error;
    ports.log.warn('blue and green could not be compared yet', { reason: error.message });
    return lookAgain(document, watch, ports.clock.now());
  }
};

async function judgeOnce(
  document: ReleaseDocument,
  watch: WatchState,
  ports: Ports,
): Promise<ReleaseDocument> {
  await throwIfOver(document, ports);
  const now = ports.clock.now();
  const { verdict, baseline } = await compareInTime(document, watch, now, ports);
  const looks = watch.looks + 1;
  await record(document, ports, {
    key: `verdict-${watch.stepIndex}-${looks}`,
    type: 'Verdict',
    by: 'judge',
    summary: `${verdict.verdict}: ${verdict.reason}`,
    data: { ...verdict, ...(await burnData(document, ports)) } as unknown as JsonObject,
  });
  if (verdict.verdict === 'breach') await breach(document, verdict, now, ports);
  const leftSeconds = (epochMs(watch.endsAt) - now) / 1000;
  const looked: ReleaseDocument = {
    ...withoutError(document),
    baseline,
    watch: { ...watch, looks, nextLookSeconds: nextLook(document, leftSeconds) },
    step: done,
  };
  return leftSeconds > 0 ? looked : closeWindow(looked, verdict, ports);
}

/** A source that asks for patience long after the window's end has had it. */
async function compareInTime(
  document: ReleaseDocument,
  watch: WatchState,
  now: number,
  ports: Ports,
): Promise<Comparison> {
  try {
    return await compare(document, watch, now, ports);
  } catch (error) {
    const isOverdue = now >= epochMs(watch.endsAt) + patienceMs;
    if (isOverdue && isNamed(error, 'ThrottledError')) return unread(document);
    throw error;
  }
}

/** The window stays open until the metrics are read, but not for ever. */
function lookAgain(document: ReleaseDocument, watch: WatchState, now: number): ReleaseDocument {
  const leftSeconds = Math.max(secondLookSeconds, (epochMs(watch.endsAt) - now) / 1000);
  const nextLookSeconds = nextLook(document, leftSeconds);
  return { ...withoutError(document), watch: { ...watch, nextLookSeconds }, step: done };
}

function unread(document: ReleaseDocument): Comparison {
  const reason = 'the metrics could not be read, their source asked for patience all the time';
  return {
    verdict: { verdict: 'not-enough-data', reason, metrics: [] },
    baseline: document.baseline,
  };
}

interface Comparison {
  verdict: Verdict;
  baseline: MetricSummary | null;
}

/** Green since the shift, and blue: beside green where it still gets enough, else before the cutover. */
async function compare(
  document: ReleaseDocument,
  watch: WatchState,
  now: number,
  ports: Ports,
): Promise<Comparison> {
  const { watch: asked } = planOf(document);
  const { compare, minRequests } = asked;
  if (Object.keys(compare).length === 0) {
    const nothing = summarize([]);
    const verdict = judgeSamples({ compare, minRequests, baseline: nothing, candidate: nothing });
    return { verdict, baseline: null };
  }
  const before = document.baseline ?? (await measureBaseline(document, watch, ports));
  const isAll = planOf(document).steps[watch.stepIndex]?.weightPercent === 100;
  const soleEnvironmentId = isAll ? greenOf(document).id : undefined;
  const since = { fromMs: epochMs(watch.startedAt), toMs: now, soleEnvironmentId };
  const sides = await measure(document, since, ports);
  const baseline = sides.blue.requests >= minRequests ? sides.blue : before;
  const verdict = judgeSamples({ compare, minRequests, baseline, candidate: sides.green });
  return { verdict, baseline: before };
}

async function measureBaseline(document: ReleaseDocument, watch: WatchState, ports: Ports) {
  const shiftMs = epochMs(document.milestones.firstShiftAt ?? watch.startedAt);
  const windowMs = (planOf(document).steps.at(-1)?.windowSeconds ?? 0) * 1000;
  const lengthMs = Math.min(longestBaselineMs, Math.max(shortestBaselineMs, windowMs));
  const before = { fromMs: shiftMs - lengthMs, toMs: shiftMs };
  return (await measure(document, { ...before, soleEnvironmentId: document.blue?.id }, ports)).blue;
}

type Stretch = Omit<MetricQuery, 'environmentIds'>;

async function measure(document: ReleaseDocument, stretch: Stretch, ports: Ports) {
  const green = greenOf(document);
  const { blue, service } = document;
  const environmentIds = blue ? [blue.id, green.id] : [green.id];
  const { metrics, router } = planOf(document);
  const source = ports.adapters.metrics(metrics, service, router);
  const samples = await source.samples({ environmentIds, ...stretch });
  return {
    blue: summarize(blue ? (samples[blue.id] ?? []) : []),
    green: summarize(samples[green.id] ?? []),
  };
}

async function breach(
  document: ReleaseDocument,
  verdict: Verdict,
  now: number,
  ports: Ports,
): Promise<never> {
  const found: Breach = {
    kind: 'comparison',
    reason: verdict.reason,
    detectedAt: isoTime(now),
    by: 'judge',
  };
  const first = await recordBreach(document, ports, found);
  throw new VerdigrisError('BreachError', first.reason, { details: { breach: first } });
}

function nextLook(document: ReleaseDocument, leftSeconds: number): number {
  return Math.max(0.1, Math.min(planOf(document).watch.intervalSeconds, leftSeconds));
}

async function closeWindow(
  document: ReleaseDocument,
  verdict: Verdict,
  ports: Ports,
): Promise<ReleaseDocument> {
  const { watch } = document;
  if (!watch) return document;
  await record(document, ports, {
    key: `window-closed-${watch.stepIndex}`,
    type: 'Window Closed',
    summary:
      verdict.verdict === 'not-enough-data'
        ? `no breach, but not enough data for a verdict (${verdict.reason})`
        : `no breach in ${watch.looks} looks`,
    data: { looks: watch.looks, verdict: verdict.verdict },
  });
  const phase = document.hasMoreSteps ? 'cutting-over' : 'completing';
  const closed = inPhase({ ...document, watch: { ...watch, isClosed: true } }, phase, ports);
  await ports.ledger.saveDocument(closed);
  return closed;
}
