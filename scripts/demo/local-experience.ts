import type { LocalMetrics } from '../../lib/signals/local-metrics/metrics.ts';
import type { Measure } from './report.ts';

/** What the proxy of this machine measured. */
export function createLocalMeasure(metrics: LocalMetrics, service: string): Measure {
  return (id, fromMs, toMs) => {
    const points = metrics.samples(service, { environmentIds: [id], fromMs, toMs })[id] ?? [];
    const requests = points.reduce((sum, point) => sum + point.requests, 0);
    const errors = points.reduce((sum, point) => sum + point.errors, 0);
    const p95s = points.flatMap((point) => (point.latencyMs ? [point.latencyMs.p95] : []));
    const middle = p95s.sort((a, b) => a - b)[Math.floor(p95s.length / 2)];
    return { requests, errorRate: requests > 0 ? errors / requests : null, p95: middle ?? null };
  };
}
