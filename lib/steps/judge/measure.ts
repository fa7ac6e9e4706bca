import { epochMs } from '../../release/clock.ts';
import type { BaselineSeries, ReleaseDocument, WatchState } from '../../release/document.ts';
import { messageOf } from '../../release/errors.ts';
import type { MetricPoint, MetricQuery, MetricSource } from '../../signals/signal.ts';
import { clip } from '../breach.ts';
import { greenOf, planOf, versionsOf } from '../document.ts';
import type { Ports } from '../ports.ts';
import { trafficStretches } from '../traffic-stretches.ts';
import {
  type Baseline,
  baselineLengthMs,
  baselineOf,
  betterBaseline,
  isOfShift,
  type Shift,
} from './baseline.ts';
import {
  hoursOfGreen,
  keptDays,
  liveDays,
  type MeasuredDay,
  onEarlierDays,
  type Span,
} from './earlier-days.ts';

/** What was measured of both sides: points with requests, oldest first. */
export interface Measured {
  blue: MetricPoint[];
  green: MetricPoint[];
  settleSeconds: number | undefined;
}

/** @throws SignalUnavailableError or ThrottledError when the metrics cannot be read. */
export async function measure(
  document: ReleaseDocument,
  time: Omit<MetricQuery, 'environmentIds'>,
  ports: Ports,
): Promise<Measured> {
  const green = greenOf(document);
  const { blue } = document;
  const environmentIds = blue ? [blue.id, green.id] : [green.id];
  const source = sourceOf(document, ports);
  const points = await readPoints(document, environmentIds, time, source);
  return {
    blue: (blue && points[blue.id]) ?? [],
    green: points[green.id] ?? [],
    settleSeconds: source.settleSeconds,
  };
}

function sourceOf(document: ReleaseDocument, ports: Ports): MetricSource {
  const { metrics, router } = planOf(document);
  return ports.adapters.metrics(metrics, document.service, router);
}

function withRequests(points: readonly MetricPoint[] = []): MetricPoint[] {
  return points.filter((point) => point.requests > 0);
}

function firstShiftMsOf({ milestones }: ReleaseDocument, { startedAt }: WatchState): number {
  return epochMs(milestones.firstShiftAt ?? startedAt);
}

/**
 * Blue before the shift that is watched, in a canary while it still had a part of the traffic: as it is
 * known, or else measured.
 * @throws as {@link measure} does.
 */
export async function baselineFor(
  document: ReleaseDocument,
  watch: WatchState,
  ports: Ports,
): Promise<Baseline> {
  const shift = shiftOf(document, watch);
  const { baseline } = document;
  if (baseline && isOfShift(baseline, document, shift)) return baseline;
  return betterBaseline(document, await measureBaseline(document, shift, watch, ports), shift);
}

function shiftOf(document: ReleaseDocument, watch: WatchState): Shift {
  const startedMs = epochMs(watch.startedAt);
  const atMs = watch.stepIndex === 0 ? firstShiftMsOf(document, watch) : startedMs;
  return { atMs, windowSeconds: (epochMs(watch.endsAt) - startedMs) / 1000 };
}

/** Until the first shift only blue's requests are users', afterwards both sides'. */
async function measureBaseline(
  document: ReleaseDocument,
  shift: Shift,
  watch: WatchState,
  ports: Ports,
): Promise<BaselineSeries> {
  const plan = planOf(document);
  const { blue } = document;
  if (!blue) return baselineOf(plan, [], shift);
  const fromMs = shift.atMs - baselineLengthMs(plan, shift);
  const firstShiftMs = firstShiftMsOf(document, watch);
  const soleFromMs =
    fromMs < firstShiftMs
      ? await soleSince(document, { fromMs, toMs: firstShiftMs }, ports)
      : fromMs;
  const greenId = greenOf(document).id;
  const source = sourceOf(document, ports);
  const read = async (environmentIds: string[], span: Span, soleEnvironmentId?: string) =>
    span.fromMs < span.toMs
      ? readPoints(document, environmentIds, { ...span, soleEnvironmentId }, source)
      : noPoints;
  const [shared, alone, since] = await Promise.all([
    read([blue.id], { fromMs, toMs: soleFromMs }),
    read([blue.id], { fromMs: soleFromMs, toMs: firstShiftMs }, blue.id),
    read([blue.id, greenId], { fromMs: Math.max(fromMs, firstShiftMs), toMs: shift.atMs }),
  ]);
  const ofBlue = [shared, alone, since].flatMap((it) => it[blue.id] ?? []);
  return baselineOf(plan, [ofBlue, since[greenId] ?? []], shift);
}

/** The last release that moved traffic is looked for among so many of a service. */
const lookBack = 10;

/**
 * Since when blue had all traffic before the first shift: not before the last release moved it, which
 * gave it to blue or took it back. A source that cannot tell versions apart takes all requests for blue's.
 */
async function soleSince(
  { service, releaseId, blue }: ReleaseDocument,
  { fromMs, toMs }: Span,
  ports: Ports,
): Promise<number> {
  const releases = await ports.ledger.listReleases({ service, limit: lookBack });
  const last = releases.find(
    (it) => it.releaseId !== releaseId && it.document.milestones.firstShiftAt !== null,
  );
  if (!last) return fromMs;
  const stretch = trafficStretches(last.document, fromMs, toMs).at(-1);
  return stretch?.soleEnvironmentId === blue?.id ? (stretch?.fromMs ?? toMs) : toMs;
}

type Points = Record<string, MetricPoint[]>;
const noPoints: Points = {};

/** Points with requests of each environment, oldest first. */
async function readPoints(
  document: ReleaseDocument,
  environmentIds: string[],
  time: Omit<MetricQuery, 'environmentIds'>,
  source: MetricSource,
): Promise<Points> {
  const versions = versionsOf(document);
  const samples = await source.samples({ environmentIds, versions, ...time });
  return Object.fromEntries(environmentIds.map((id) => [id, withRequests(samples[id])]));
}

/** What came of the earlier days that the plan asks for. */
export interface EarlierDaysRead {
  asked: number;
  /** On how many of them blue was live. */
  counted: number;
  /** Why some are not there that should be; null where that is so of none. */
  missing: string | null;
}

/** The document has at most so many bytes, as JSON, with its earlier days: what comes later needs room too. */
const documentBytes = 30_000;

/**
 * Reads the earlier days that the plan asks for, and keeps them with the baseline; null where it asks for
 * none, and after the first look. A day that cannot be read is one that does not count: the release can
 * be watched without it.
 */
export async function withEarlierDays(
  document: ReleaseDocument,
  baseline: Baseline,
  watch: WatchState,
  ports: Ports,
): Promise<{ baseline: Baseline; read: EarlierDaysRead | null }> {
  const plan = planOf(document);
  const { earlierDays: asked = 0 } = plan.watch;
  const { blue } = document;
  const isKnown = document.baseline !== null || 'latencyPoints' in baseline;
  if (asked === 0 || isKnown || !blue) return { baseline, read: null };
  const firstShiftMs = firstShiftMsOf(document, watch);
  const hours = hoursOfGreen(plan, watch, firstShiftMs);
  const spans = onEarlierDays(hours, firstShiftMs, asked);
  const answers = await Promise.allSettled(
    spans.map((span) => measureDay(document, blue.id, span, ports)),
  );
  const days = answers.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
  const reasons = answers.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []));
  const live = liveDays(plan, hours, days);
  const earlier = keptDays(plan, hours, live, documentBytes - bytesOf({ ...document, baseline }));
  const hasNoRoom = live.days.length > 0 && earlier === null;
  const missing = hasNoRoom ? 'the release document has no room for earlier days' : null;
  return {
    baseline: earlier ? { ...baseline, earlier } : baseline,
    read: {
      asked,
      counted: earlier?.days.length ?? 0,
      missing: missing ?? inWords(reasons, asked),
    },
  };
}

async function measureDay(
  document: ReleaseDocument,
  blueId: string,
  span: Span,
  ports: Ports,
): Promise<MeasuredDay> {
  const points = await readPoints(document, [blueId], span, sourceOf(document, ports));
  return { span, points: points[blueId] ?? [] };
}

function inWords([first, ...others]: readonly unknown[], asked: number): string | null {
  if (first === undefined) return null;
  const count = `${others.length + 1} of ${asked}`;
  return `${count} earlier days could not be read: ${clip(messageOf(first), 150)}`;
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
