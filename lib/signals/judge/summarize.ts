import type { MetricSummary } from '../../release/document.ts';
import type { MetricPoint } from '../signal.ts';

/** Points of one environment as the judge reads them. */
export function summarize(points: readonly MetricPoint[]): MetricSummary {
  const latencies = points.flatMap(({ latencyMs }) => (latencyMs ? [latencyMs] : []));
  const over = (percentile: 'p50' | 'p95' | 'p99') =>
    median(latencies.map((latency) => latency[percentile]));
  return {
    requests: points.reduce((sum, point) => sum + point.requests, 0),
    errors: points.reduce((sum, point) => sum + point.errors, 0),
    latencyPoints: latencies.length,
    latencyMs:
      latencies.length > 0 ? { p50: over('p50'), p95: over('p95'), p99: over('p99') } : null,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
