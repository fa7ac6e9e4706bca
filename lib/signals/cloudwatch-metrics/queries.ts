import type { GetMetricDataCommandInput, MetricDataQuery } from '@aws-sdk/client-cloudwatch';

/** An alias whose invocations are measured. */
export interface MeasuredAlias {
  functionName: string;
  alias: string;
}

/** What is asked of each environment: the metric of AWS/Lambda and its statistic. */
export const measurements = {
  requests: ['Invocations', 'Sum'],
  errors: ['Errors', 'Sum'],
  p50: ['Duration', 'p50'],
  p95: ['Duration', 'p95'],
  p99: ['Duration', 'p99'],
} as const;

/** One of {@link measurements}. */
export type Measurement = keyof typeof measurements;

const names = Object.keys(measurements) as Measurement[];

/** A GetMetricData call takes so many queries. */
const queriesPerCall = 500;
/** So many environments fit into one call. */
export const environmentsPerCall = Math.floor(queriesPerCall / names.length);

/** The id of a query in its call: CloudWatch wants a small letter first. */
export function queryId(measurement: Measurement, index: number): string {
  return `${measurement}_${index}`;
}

/**
 * The queries for invocations through the alias, one environment after the other; `null` stands for
 * all of them, whichever version answered.
 */
export function queriesOf(
  alias: MeasuredAlias,
  versions: readonly (string | null)[],
  periodSeconds: number,
): MetricDataQuery[] {
  return versions.flatMap((version, i) =>
    names.map((name) => ({
      Id: queryId(name, i),
      MetricStat: {
        Metric: {
          Namespace: 'AWS/Lambda',
          MetricName: measurements[name][0],
          Dimensions: dimensionsOf(alias, version),
        },
        Period: periodSeconds,
        Stat: measurements[name][1],
      },
    })),
  );
}

/**
 * `Resource` is `function:alias`, so that calls of a version itself (checks, warm-up) do not count.
 * `ExecutedVersion` comes with invocations through an alias only: see
 * lambda/latest/dg/monitoring-metrics.html.
 */
function dimensionsOf({ functionName, alias }: MeasuredAlias, version: string | null) {
  const ofAlias = [
    { Name: 'FunctionName', Value: functionName },
    { Name: 'Resource', Value: `${functionName}:${alias}` },
  ];
  return version === null ? ofAlias : [...ofAlias, { Name: 'ExecutedVersion', Value: version }];
}

/**
 * The stretch that covers every point which begins in `[fromMs, toMs)`, on the period's boundaries as
 * CloudWatch aligns them; null when no point begins there. The end is exclusive.
 */
export function stretchOf(
  fromMs: number,
  toMs: number,
  periodSeconds: number,
): Pick<GetMetricDataCommandInput, 'StartTime' | 'EndTime'> | null {
  const up = (ms: number) => Math.ceil(ms / (periodSeconds * 1000)) * periodSeconds * 1000;
  const [start, end] = [up(fromMs), up(toMs)];
  return start < end ? { StartTime: new Date(start), EndTime: new Date(end) } : null;
}
