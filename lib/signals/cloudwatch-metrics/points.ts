import type { MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { isoTime } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { MetricPoint } from '../signal.ts';
import { type Measurement, queryId } from './queries.ts';

/** Values of every query by the beginning of their period, in milliseconds since the Unix epoch. */
export type Series = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * All pages of an answer, put together by query id and time.
 * @throws SignalUnavailableError when CloudWatch could not compute a query, or gave a part only.
 * @throws ConfigInvalidError when it may not be read.
 */
export function toSeries(results: readonly MetricDataResult[]): Series {
  const series = new Map<string, Map<number, number>>();
  for (const result of results) {
    throwIfFailed(result);
    const values = series.get(result.Id ?? '') ?? new Map<number, number>();
    series.set(result.Id ?? '', values);
    for (const [i, at] of (result.Timestamps ?? []).entries()) {
      const value = result.Values?.[i];
      if (value !== undefined) values.set(at.getTime(), value);
    }
  }
  throwIfPartial(results);
  return series;
}

/** `PartialData` is no fault while there are pages to come; what is still partial with the last one is. */
function throwIfPartial(results: readonly MetricDataResult[]): void {
  const last = new Map(results.map(({ Id, StatusCode }) => [Id ?? '', StatusCode]));
  const partial = [...last].find(([, status]) => status === 'PartialData')?.[0];
  if (partial === undefined) return;
  const message = `CloudWatch gave a part of ${partial} only, and no more pages`;
  throw new VerdigrisError('SignalUnavailableError', message);
}

function throwIfFailed({ Id, StatusCode, Messages }: MetricDataResult): void {
  const said = (Messages ?? []).map(({ Code, Value }) => `${Code}: ${Value}`).join('; ');
  if (StatusCode === 'Forbidden') {
    const message = `this role may not read ${Id}; allow cloudwatch:GetMetricData (${said})`;
    throw new VerdigrisError('ConfigInvalidError', message);
  }
  if (StatusCode === 'InternalError') {
    const message = `CloudWatch could not compute ${Id}: ${said || 'internal error'}`;
    throw new VerdigrisError('SignalUnavailableError', message);
  }
}

/** The points of the environment with this number in the call, oldest first. */
export function pointsOf(series: Series, index: number, periodSeconds: number): MetricPoint[] {
  const valuesOf = (name: Measurement) => series.get(queryId(name, index));
  const requests = [...(valuesOf('requests') ?? [])].filter(([, count]) => count > 0);
  const errors = valuesOf('errors');
  return requests
    .sort(([a], [b]) => a - b)
    .map(([at, count]) => ({
      at: isoTime(at),
      periodSeconds,
      requests: count,
      // The two metrics arrive one after the other: never more errors than requests.
      errors: Math.min(errors?.get(at) ?? 0, count),
      latencyMs: latencyAt(at, valuesOf),
    }));
}

/** Null while the durations of a period have not arrived yet. */
function latencyAt(
  at: number,
  valuesOf: (name: Measurement) => ReadonlyMap<number, number> | undefined,
): MetricPoint['latencyMs'] {
  const [p50, p95, p99] = (['p50', 'p95', 'p99'] as const).map((name) => valuesOf(name)?.get(at));
  return p50 === undefined || p95 === undefined || p99 === undefined ? null : { p50, p95, p99 };
}
