import { type ComparableMetric, comparableMetrics } from './comparison.ts';
import type { Issue } from './issues.ts';
import { type ParsedSlo, percentiles } from './slo.ts';

/** What a metric source cannot measure, as it is configured. */
export interface MissingFigures {
  metrics: readonly ComparableMetric[];
  /** What would mend that, as an imperative: `give metrics.queries a latencyP95`. */
  mend: string;
}

/** The parts of a manifest that go by figures. */
interface Asking {
  watch: { compare: Partial<Record<ComparableMetric, unknown>> };
  slo?: ParsedSlo | undefined;
}

/** Whatever asks for what the metric source, here by its kind, does not measure: nobody would ever judge it. */
export function findUnmeasured(
  { watch, slo }: Asking,
  kind: string,
  { metrics, mend }: MissingFigures,
): Issue[] {
  const compared = comparableMetrics
    .filter((metric) => watch.compare[metric] !== undefined)
    .map((metric) => ({ path: `watch.compare.${metric}`, metric }));
  const promised = percentiles
    .filter((it) => slo?.latency?.[it] !== undefined)
    .map((it) => ({ path: `slo.latency.${it}`, metric: `latencyP${it.slice(1)}` }));
  return [...compared, ...promised]
    .filter(({ metric }) => metrics.some((it) => it === metric))
    .map(({ path, metric }) => ({
      path,
      reason: `needs ${metric}, which metrics ("${kind}", as it is configured) does not measure; ${mend}, or leave ${path} out`,
    }));
}
