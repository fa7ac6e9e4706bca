import type { Logger } from '../../release/logger.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { PrometheusConfig, PrometheusDeps } from '../prometheus.ts';
import type { MetricPoint, MetricQuery } from '../signal.ts';
import { createPrometheusClient, type PrometheusClient, type Values } from './client.ts';
import { pointsOf } from './points.ts';
import { fill } from './template.ts';

/** Milliseconds for one look, all its calls and repetitions together: a step has more. */
const patienceMs = 15_000;
/** A server gives at most 11,000 points per answer. */
const pointsPerQuery = 10_000;
/** A clock that is off by more is told of. */
const quietSkewMs = 5000;

/** Points per environment id, read from the server. @throws as `MetricSource.samples` does. */
export async function readSamples(
  parsed: PrometheusConfig,
  service: string,
  query: MetricQuery,
  deps: PrometheusDeps,
): Promise<Record<string, MetricPoint[]>> {
  const { url, step: stepSeconds } = parsed;
  const deadlineMs = deps.clock.now() + patienceMs;
  const client = createPrometheusClient({ url, auth: parsed.auth, deadlineMs }, deps);
  const aheadMs = await client.aheadMs();
  if (Math.abs(aheadMs) > quietSkewMs) warnOfClock(aheadMs, deps.log);
  const stretches = stretchesOf(query, parsed, aheadMs, deps.clock.now());
  const sides = query.environmentIds.map(async (id) => {
    const version = query.versions?.[id] ?? id;
    const seconds = String(stepSeconds);
    const facts = { environment: id, version, service, step: `${seconds}s`, seconds };
    const ask = (name: string, text: string, factor: number) =>
      readAll(client, { name, query: fill(text, facts), stepSeconds }, stretches, factor);
    return [id, pointsOf(await measure(parsed, ask), { stepSeconds, aheadMs })] as const;
  });
  return Object.fromEntries(await Promise.all(sides));
}

type LatencyQuery = NonNullable<PrometheusConfig['queries']['latencyP50']>;
type Ask = (name: string, template: string, factor: number) => Promise<Values>;

async function measure({ queries }: PrometheusConfig, ask: Ask) {
  const { latencyP50, latencyP95, latencyP99 } = queries;
  const ofLatency = (name: string, { query, unit }: LatencyQuery) =>
    ask(`queries.${name}.query`, query, unit === 'seconds' ? 1000 : 1);
  const [requests, errors, latencies] = await Promise.all([
    ask('queries.requests', queries.requests, 1),
    ask('queries.errors', queries.errors, 1),
    latencyP50 && latencyP95 && latencyP99
      ? Promise.all([
          ofLatency('latencyP50', latencyP50),
          ofLatency('latencyP95', latencyP95),
          ofLatency('latencyP99', latencyP99),
        ])
      : null,
  ]);
  const [p50, p95, p99] = latencies ?? [];
  return { requests, errors, latencies: p50 && p95 && p99 ? { p50, p95, p99 } : null };
}

/** From the first to the last moment at which a query is evaluated, by the server's clock. */
interface Stretch {
  startMs: number;
  endMs: number;
}

/** The ends of all steps that begin in `[fromMs, toMs)` and have settled, a few thousand at a time. */
function stretchesOf(
  { fromMs, toMs }: MetricQuery,
  { step, settle }: PrometheusConfig,
  aheadMs: number,
  nowMs: number,
): Stretch[] {
  const stepMs = step * 1000;
  const up = (ms: number) => Math.ceil((ms + aheadMs) / stepMs) * stepMs;
  const settledMs = Math.floor((nowMs + aheadMs - settle * 1000) / stepMs) * stepMs;
  // A step that begins before `toMs` ends before the next whole one after that.
  const lastMs = Math.min(up(toMs), settledMs);
  const stretches: Stretch[] = [];
  for (let startMs = up(fromMs) + stepMs; startMs <= lastMs; startMs += pointsPerQuery * stepMs) {
    const endMs = Math.min(lastMs, startMs + (pointsPerQuery - 1) * stepMs);
    stretches.push({ startMs, endMs });
  }
  return stretches;
}

async function readAll(
  client: PrometheusClient,
  query: { name: string; query: string; stepSeconds: number },
  stretches: readonly Stretch[],
  factor: number,
): Promise<Values> {
  const all = new Map<number, number>();
  for (const stretch of stretches) {
    const values = await client.range({ ...query, ...stretch });
    for (const [at, value] of values) all.set(at, value * factor);
  }
  return all;
}

function warnOfClock(aheadMs: number, log: Logger): void {
  const way = aheadMs > 0 ? 'ahead of' : 'behind';
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  log.warn(`Prometheus' clock is ${formatDuration(seconds)} ${way} ours; its times are shifted`);
}
