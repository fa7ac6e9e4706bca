import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MessageData,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import { type Clock, epochMs } from '../release/clock.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { KindSchema } from '../release/manifest.ts';
import { atMost, duration } from '../release/quantities.ts';
import { toSignalError } from './cloudwatch-errors.ts';
import { pointsOf, toSeries } from './cloudwatch-metrics/points.ts';
import {
  environmentsPerCall,
  type MeasuredAlias,
  queriesOf,
  stretchOf,
} from './cloudwatch-metrics/queries.ts';
import type { MetricPoint, MetricQuery, MetricSource } from './signal.ts';

/** `metrics: { kind: cloudwatch-metrics }` of a manifest. */
export const cloudWatchMetricsSchema = z.strictObject({
  kind: z.literal('cloudwatch-metrics'),
  functionName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs the name of a function, not an ARN: A-Z a-z 0-9 - _')
    .describe('The Lambda function'),
  alias: z
    .string()
    .regex(/^(?!\d+$)[A-Za-z0-9_-]{1,128}$/, 'needs the name of an alias, which is not a number')
    .describe('Its alias that takes the traffic'),
  period: duration
    .refine(
      (seconds) => seconds % 60 === 0 && seconds >= 60 && seconds <= 3600,
      'needs whole minutes from 1m to 1h; Lambda measures once a minute',
    )
    .prefault('60s')
    .describe('Length of a point'),
  settle: atMost('15m')
    .prefault('60s')
    .describe('How long after its end a point is complete: what is younger is not read'),
});

/** The kind, for the manifest. */
export const cloudWatchMetricsKind: KindSchema = {
  kind: 'cloudwatch-metrics',
  schema: cloudWatchMetricsSchema,
};

/** What the metric source needs of the SDK. */
export interface CloudWatchMetricsDeps {
  client: Pick<CloudWatchClient, 'send'>;
  clock: Clock;
}

/** What is measured where a manifest with this router names no metrics; null when it says nothing. */
export function defaultCloudWatchMetrics(router: AdapterConfig): AdapterConfig | null {
  const { kind, functionName, alias } = router;
  return kind === 'lambda-alias' ? { kind: 'cloudwatch-metrics', functionName, alias } : null;
}

/**
 * What Lambda measured of the versions behind an alias; environment ids are version numbers. A point
 * that ended less than `settle` ago is left out: what is on its way would be missing, and errors come
 * after the invocations that they belong to. One call for up to 100 environments.
 *
 * Lambda documents `ExecutedVersion` for invocations through an alias and recommends it for weighted
 * ones (lambda/latest/dg/monitoring-metrics.html). Nothing says that it is there without weights,
 * nor that it is not. So a query that finds no version at all, and tells whose all the traffic was,
 * takes the numbers of the alias itself for it.
 * @throws ZodError when `config` is not valid against {@link cloudWatchMetricsSchema}.
 */
export function createCloudWatchMetrics(
  config: AdapterConfig,
  { client, clock }: CloudWatchMetricsDeps,
): MetricSource {
  const { functionName, alias, period, settle } = cloudWatchMetricsSchema.parse(config);
  const measured = { functionName, alias, periodSeconds: period };
  return {
    settleSeconds: settle,
    async samples(asked) {
      const settledMs = clock.now() - settle * 1000 - period * 1000;
      // A point that begins at this moment has just settled.
      const query = { ...asked, toMs: Math.min(asked.toMs, settledMs + 1) };
      const points = await readVersions(client, measured, query);
      const sole = query.soleEnvironmentId;
      const hasData = Object.values(points).some((those) => those.length > 0);
      if (hasData || sole === undefined || points[sole] === undefined) return points;
      return { ...points, [sole]: await readAlias(client, measured, query) };
    },
  };
}

type Measured = MeasuredAlias & { periodSeconds: number };
type Client = CloudWatchMetricsDeps['client'];

async function readVersions(client: Client, measured: Measured, query: MetricQuery) {
  const ids = [...new Set(query.environmentIds)];
  const points: Record<string, MetricPoint[]> = {};
  for (let first = 0; first < ids.length; first += environmentsPerCall) {
    const batch = ids.slice(first, first + environmentsPerCall);
    const found = await read(client, measured, batch, query);
    for (const [i, id] of batch.entries()) points[id] = found[i] ?? [];
  }
  return points;
}

/** Periods that lie wholly inside: one that reaches beyond has the other side's requests in it. */
async function readAlias(client: Client, measured: Measured, query: MetricQuery) {
  const [points = []] = await read(client, measured, [null], query);
  const periodMs = measured.periodSeconds * 1000;
  return points.filter(({ at }) => epochMs(at) + periodMs <= query.toMs);
}

/** Points of each version of one batch, in their order. */
async function read(
  client: Client,
  measured: Measured,
  versions: readonly (string | null)[],
  { fromMs, toMs }: MetricQuery,
): Promise<MetricPoint[][]> {
  const { periodSeconds } = measured;
  const stretch = stretchOf(fromMs, toMs, periodSeconds);
  if (!stretch) return [];
  const results: MetricDataResult[] = [];
  let next: string | undefined;
  do {
    const command = new GetMetricDataCommand({
      ...stretch,
      MetricDataQueries: queriesOf(measured, versions, periodSeconds),
      ScanBy: 'TimestampAscending',
      ...(next === undefined ? {} : { NextToken: next }),
    });
    const page = await client.send(command).catch((error) => {
      throw toSignalError(error, 'cloudwatch:GetMetricData');
    });
    throwIfCut(page.Messages ?? []);
    results.push(...(page.MetricDataResults ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  const series = toSeries(results);
  return versions.map((_, i) => pointsOf(series, i, periodSeconds));
}

/** A message about the whole call says that only a part of it was done (API_GetMetricData). */
function throwIfCut(messages: readonly MessageData[]): void {
  if (messages.length === 0) return;
  const said = messages.map(({ Code, Value }) => `${Code}: ${Value}`).join('; ');
  const message = `CloudWatch gave a part of the figures only: ${said}`;
  throw new VerdigrisError('SignalUnavailableError', message);
}
