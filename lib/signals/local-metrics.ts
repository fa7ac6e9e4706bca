import { z } from 'zod';
import type { AdapterConfig } from '../release/json.ts';
import type { KindSchema } from '../release/manifest.ts';
import type { LocalMetrics } from './local-metrics/metrics.ts';
import type { MetricSource } from './signal.ts';

/** `metrics: { kind: local-metrics }` of a manifest. */
export const localMetricsSchema = z.strictObject({ kind: z.literal('local-metrics') });

/** The kind, for the manifest. */
export const localMetricsKind: KindSchema = { kind: 'local-metrics', schema: localMetricsSchema };

/**
 * What the local proxy saw of one service: points of one second, the last hour at most. A second
 * without requests has no point.
 * @throws ZodError when `config` is not valid against {@link localMetricsSchema}.
 */
export function createLocalMetricSource(
  config: AdapterConfig,
  service: string,
  metrics: LocalMetrics,
): MetricSource {
  localMetricsSchema.parse(config);
  // The proxy counts a request in the second in which it is over: what is past does not change.
  return { settleSeconds: 0, samples: async (query) => metrics.samples(service, query) };
}
