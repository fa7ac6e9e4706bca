import { z } from 'zod';
import type { AdapterConfig } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import type { KindSchema } from '../release/manifest.ts';
import { outboundUrl } from '../release/outbound-url.ts';
import { atMost, formatDuration } from '../release/quantities.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import {
  createPrometheusClient,
  type PrometheusClient,
  type PrometheusClientDeps,
  type Values,
} from './prometheus/client.ts';
import { pointsOf } from './prometheus/points.ts';
import { fill, objectionTo } from './prometheus/template.ts';
import type { MetricQuery, MetricSource } from './signal.ts';

const longestQuery = 2000;

const template = z
  .string()
  .min(1)
  .max(longestQuery)
  .superRefine((text, { addIssue }) => {
    const message = objectionTo(text);
    if (message) addIssue({ code: 'custom', message });
  });

const secret = z
  .string()
  .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
  .refine(isForOthers, notForOthers);

const auth = z
  .strictObject({
    bearer: z
      .strictObject({ secret: secret.describe('The name of the secret that is the token') })
      .optional()
      .describe('Sent as `Authorization: Bearer`'),
    basic: z
      .strictObject({
        user: z
          .string()
          .regex(/^[^:\s]{1,128}$/, 'needs a name without colons and blanks')
          .describe('The name'),
        secret: secret.describe('The name of the secret that is the password'),
      })
      .optional()
      .describe('Sent as `Authorization: Basic`'),
  })
  .refine(({ bearer, basic }) => (bearer === undefined) !== (basic === undefined), {
    message: 'needs exactly one of bearer and basic',
  });

/** How the conductor says who it is. */
export type PrometheusAuth = z.output<typeof auth>;

const latency = z.strictObject({
  query: template.describe('A template that gives one latency'),
  unit: z.enum(['seconds', 'milliseconds']).describe('What its values are'),
});

const queries = z
  .strictObject({
    requests: template.describe('How many requests were answered in each step'),
    errors: template.describe('How many of them failed'),
    latencyP50: latency.optional().describe('The median'),
    latencyP95: latency.optional().describe('The 95th percentile'),
    latencyP99: latency.optional().describe('The 99th percentile'),
  })
  .refine(
    ({ latencyP50, latencyP95, latencyP99 }) =>
      new Set([!latencyP50, !latencyP95, !latencyP99]).size === 1,
    'needs all three latencies, or none',
  );

/** `metrics: { kind: prometheus, url, queries }` of a manifest. */
export const prometheusSchema = z
  .strictObject({
    kind: z.literal('prometheus'),
    url: z
      .string()
      .max(2048)
      .refine(isServer, 'needs an http or https URL without a name, a password, ? or # in it')
      .describe('Of the server, without `/api/v1`'),
    auth: auth.optional().describe('Who asks; nobody in particular if absent'),
    step: atMost('1h')
      .refine((seconds) => Number.isInteger(seconds) && seconds >= 1, 'needs whole seconds')
      .prefault('15s')
      .describe('Length of a point'),
    settle: atMost('10m')
      .prefault('15s')
      .describe('How long after its end a point is complete: what is younger is not read'),
    queries: queries.describe('What is measured, with placeholders for the environment'),
  })
  .refine(({ auth, url }) => !auth || outboundUrl.safeParse(url).success, {
    path: ['url'],
    message: 'needs https beside auth, whose secret anybody on the way could read',
  });

type PrometheusConfig = z.output<typeof prometheusSchema>;

/** The kind, for the manifest. */
export const prometheusKind: KindSchema = { kind: 'prometheus', schema: prometheusSchema };

/** What the metric source works with. */
export interface PrometheusDeps extends PrometheusClientDeps {
  log: Logger;
}

/** Milliseconds for one look, all its calls and repetitions together: a step has more. */
const patienceMs = 15_000;
/** A server gives at most 11,000 points per answer. */
const pointsPerQuery = 10_000;
/** A clock that is off by more is told of. */
const quietSkewMs = 5000;

/**
 * What a Prometheus server, or anything that speaks its HTTP API, knows of each environment. Points begin
 * on whole steps of the server's clock, which is asked for and reckoned with; one that ended less than
 * `settle` ago is left out, since its scrape may be on the way.
 * @throws ZodError when `config` is not valid against {@link prometheusSchema}.
 */
export function createPrometheusMetrics(
  config: AdapterConfig,
  service: string,
  deps: PrometheusDeps,
): MetricSource {
  const parsed = prometheusSchema.parse(config);
  const { url, step: stepSeconds } = parsed;
  return {
    settleSeconds: parsed.settle,
    async samples(query) {
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
    },
  };
}

type Ask = (name: string, template: string, factor: number) => Promise<Values>;

async function measure({ queries }: PrometheusConfig, ask: Ask) {
  const { latencyP50, latencyP95, latencyP99 } = queries;
  const ofLatency = (name: string, { query, unit }: z.output<typeof latency>) =>
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

function isServer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.hash === '' && url.search === '';
}
