import {
  type BudgetTally,
  lookFrom,
  type Row,
  rowsOf,
  type Seen,
} from '../../release/budget-tally.ts';
import { epochMs, isoTime } from '../../release/clock.ts';
import type { ReleaseDocument } from '../../release/document.ts';
import type { AdapterConfig } from '../../release/json.ts';
import type { Slo } from '../../release/slo.ts';
import type { MetricPoint, MetricSource } from '../../signals/signal.ts';
import type { Ports } from '../ports.ts';
import { readStretches, type Stretch, trafficStretches } from '../traffic-stretches.ts';
import type { Traffic } from './traffic.ts';

/** A service whose budget is looked at. */
export interface BudgetSubject extends Traffic {
  service: string;
  slo: Slo;
  metrics: AdapterConfig | null;
  router: AdapterConfig;
}

/**
 * What the service's environments did since the last look, as far back as the source's points may still
 * come or change.
 * @throws SignalUnavailableError, ThrottledError
 */
export async function see(
  subject: BudgetSubject,
  known: BudgetTally | null,
  nowMs: number,
  ports: Ports,
): Promise<Seen> {
  const { service, metrics, router, slo, release } = subject;
  const source = ports.adapters.metrics(metrics, service, router);
  const fromMs = lookFrom(known, nowMs, source.settleSeconds);
  const points = await readPoints(subject, source, { fromMs, toMs: nowMs });
  const all = Object.values(points);
  const periods = all.flat().map(({ periodSeconds }) => periodSeconds);
  const periodSeconds = periods.length > 0 ? Math.max(...periods) : null;
  const settleSeconds = source.settleSeconds ?? periodSeconds ?? 0;
  const time = { fromMs, toMs: nowMs, knownUntilMs: nowMs - settleSeconds * 1000 };
  const rows = (those: readonly (readonly MetricPoint[])[]): Row[] => rowsOf(those, slo, time);
  return {
    at: isoTime(nowMs),
    periodSeconds,
    // Of nobody nothing is known, not even that there was no traffic.
    rows: all.length > 0 ? rows(all) : [],
    release: release && ownOf(release, points, rows),
  };
}

async function readPoints(
  { release, weights, versions }: BudgetSubject,
  source: MetricSource,
  { fromMs, toMs }: Stretch,
): Promise<Record<string, MetricPoint[]>> {
  const sides = [release?.blue, release?.green].flatMap((ref) => (ref ? [ref.id] : []));
  const environmentIds = [...new Set([...sides, ...Object.keys(weights)])];
  if (environmentIds.length === 0) return {};
  const [sole] = Object.entries(weights).find(([, percent]) => percent === 100) ?? [];
  const stretches = release
    ? trafficStretches(release, fromMs, toMs)
    : [{ fromMs, toMs, soleEnvironmentId: sole }];
  return readStretches(source, { environmentIds, versions }, stretches);
}

/** What green did from the first shift to the end: before and after that it is not the release's. */
function ownOf(
  { releaseId, green, milestones }: ReleaseDocument,
  points: Record<string, MetricPoint[]>,
  rows: (those: readonly MetricPoint[][]) => Row[],
): Seen['release'] {
  const { firstShiftAt, endedAt } = milestones;
  if (!green || firstShiftAt === null) return null;
  const fromMs = epochMs(firstShiftAt);
  const toMs = endedAt === null ? Number.POSITIVE_INFINITY : epochMs(endedAt);
  const own = (points[green.id] ?? []).filter(({ at, periodSeconds }) => {
    const begin = epochMs(at);
    return begin + periodSeconds * 1000 > fromMs && begin < toMs;
  });
  return { releaseId, firstShiftAt, rows: rows([own]) };
}
