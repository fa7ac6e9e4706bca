import { GetDashboardCommand, ListMetricsCommand, type Metric } from '@aws-sdk/client-cloudwatch';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetTraceSummariesCommand } from '@aws-sdk/client-xray';
import { orNull, orOurs } from '../../aws/provider-errors.ts';
import type { CheckDeps } from '../index.ts';
import type { LogLines } from './log-lines.ts';

/** So far back AWS is asked for what green has told. */
export const lookBackMs = 30 * 60_000;
/** Pages that are read at most: of a busy log, or of many traces, this says enough. */
const mostPages = 5;

/** What telemetry of AWS is read with. */
export type AwsSources = Required<Pick<CheckDeps, 'cloudWatch' | 'logs' | 'xray' | 'clock'>>;

/** AWS's clients where the platform has them; null elsewhere. */
export function awsSourcesOf(deps: CheckDeps): AwsSources | null {
  const { cloudWatch, logs, xray, clock } = deps;
  return cloudWatch && logs && xray && clock ? { cloudWatch, logs, xray, clock } : null;
}

/**
 * Whether a metric with these dimensions had values in the last three hours. A new one takes up to a
 * quarter of an hour to be listed (API_ListMetrics).
 * @throws ThrottledError, ConfigInvalidError where a permission is missing.
 */
export async function findMetrics(
  { cloudWatch }: AwsSources,
  metric: { namespace: string; name: string; dimensions: Readonly<Record<string, string>> },
  abortSignal: AbortSignal,
): Promise<Metric[]> {
  const { namespace, name, dimensions } = metric;
  const command = new ListMetricsCommand({
    Namespace: namespace,
    MetricName: name,
    RecentlyActive: 'PT3H',
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  });
  const call = { provider: 'CloudWatch', action: 'cloudwatch:ListMetrics', of: name };
  const { Metrics = [] } = await orOurs(cloudWatch.send(command, { abortSignal }), call);
  return Metrics;
}

/**
 * The body of a dashboard; null when there is none of that name.
 * @throws ThrottledError, ConfigInvalidError where a permission is missing.
 */
export async function readDashboard(
  { cloudWatch }: AwsSources,
  name: string,
  abortSignal: AbortSignal,
): Promise<string | null> {
  const command = new GetDashboardCommand({ DashboardName: name });
  const call = { provider: 'CloudWatch', action: 'cloudwatch:GetDashboard', of: name };
  const missing = ['ResourceNotFound', 'DashboardNotFoundError'];
  const sending = cloudWatch.send(command, { abortSignal });
  const found = await orNull(sending, call, ...missing);
  return found?.DashboardBody ?? null;
}

/** Where green's log is. */
export interface LogPlace {
  group: string;
  /** What the names of its streams may begin with; none for all streams of the group. */
  streamPrefixes: readonly string[];
}

/**
 * What was written into a log group of late. Streams that nobody else writes into are taken for green's own.
 * @throws ThrottledError, ConfigInvalidError where a permission is missing.
 */
export async function readLog(
  aws: AwsSources,
  { group, streamPrefixes }: LogPlace,
  abortSignal: AbortSignal,
): Promise<LogLines> {
  const prefixes = streamPrefixes.length > 0 ? streamPrefixes : [null];
  const reads = prefixes.map((prefix) => readStreams(aws, group, prefix, abortSignal));
  const lines = (await Promise.all(reads)).flat();
  return { lines, isOwn: streamPrefixes.length > 0, name: `log group ${group}` };
}

async function readStreams(
  { logs, clock }: AwsSources,
  group: string,
  prefix: string | null,
  abortSignal: AbortSignal,
): Promise<string[]> {
  const client = await logs();
  const lines: string[] = [];
  let nextToken: string | undefined;
  const call = { provider: 'CloudWatch Logs', action: 'logs:FilterLogEvents', of: group };
  for (let page = 0; page < mostPages; page += 1) {
    const command = new FilterLogEventsCommand({
      logGroupName: group,
      startTime: clock.now() - lookBackMs,
      ...(prefix === null ? {} : { logStreamNamePrefix: prefix }),
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    const sending = client.send(command, { abortSignal });
    const found = await orNull(sending, call, 'ResourceNotFoundException');
    lines.push(...(found?.events ?? []).flatMap(({ message }) => message ?? []));
    nextToken = found?.nextToken;
    if (nextToken === undefined) break;
  }
  return lines;
}

/**
 * How many traces of late are found by a filter expression.
 * @throws ThrottledError, ConfigInvalidError where a permission is missing.
 */
export async function countTraces(
  { xray, clock }: AwsSources,
  filter: string,
  abortSignal: AbortSignal,
): Promise<number> {
  const client = await xray();
  const now = clock.now();
  let nextToken: string | undefined;
  const call = { provider: 'X-Ray', action: 'xray:GetTraceSummaries', of: filter };
  for (let page = 0; page < mostPages; page += 1) {
    const command = new GetTraceSummariesCommand({
      StartTime: new Date(now - lookBackMs),
      EndTime: new Date(now),
      FilterExpression: filter,
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    });
    const found = await orOurs(client.send(command, { abortSignal }), call);
    const count = found.TraceSummaries?.length ?? 0;
    if (count > 0) return count;
    nextToken = found.NextToken;
    if (nextToken === undefined) break;
  }
  return 0;
}
