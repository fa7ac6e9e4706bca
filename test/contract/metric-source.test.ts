import { createMetricSource } from '../../lib/signals/index.ts';
import { createLocalMetrics } from '../../lib/signals/local-metrics/metrics.ts';
import { createFakeCloudWatch } from '../support/fakes/cloudwatch.ts';
import { createFakeMetrics } from '../support/fakes/metrics.ts';
import { inMinutes } from '../support/in-minutes.ts';
import { metricSourceContract } from './metric-source-contract.ts';

const startMs = Date.UTC(2026, 0, 1);

metricSourceContract('fake', async () => {
  let now = startMs;
  const metrics = createFakeMetrics({ clock: { now: () => now } });
  return {
    source: metrics,
    startMs,
    async serve(environmentId, second, { requests, errors, latencyMs }) {
      const fromMs = startMs + second * 1000;
      const traffic = { requestsPerSecond: requests, errorRate: errors / requests, latencyMs };
      metrics.behave(environmentId, traffic, fromMs);
      metrics.behave(environmentId, { requestsPerSecond: 0 }, fromMs + 1000);
      now = fromMs + 1000;
    },
    stop: async () => {},
  };
});

metricSourceContract('local-metrics', async () => {
  let now = startMs;
  const localMetrics = createLocalMetrics({ clock: { now: () => now } });
  return {
    source: createMetricSource({ kind: 'local-metrics' }, 'shop', { localMetrics }),
    startMs,
    async serve(environmentId, second, { requests, errors, latencyMs }) {
      now = startMs + second * 1000;
      for (let i = 0; i < requests; i += 1) {
        const status = i < errors ? 500 : 200;
        const service = 'shop';
        localMetrics.record({ service, environmentId, status, latencyMs, outcome: 'answered' });
      }
      now += 999;
    },
    stop: async () => {},
  };
});

metricSourceContract('cloudwatch-metrics', async () => {
  const cloudWatch = createFakeCloudWatch({ pageSize: 2 });
  const config = { kind: 'cloudwatch-metrics', functionName: 'shop', alias: 'live' };
  return {
    source: inMinutes(
      createMetricSource(config, 'shop', { cloudWatch: cloudWatch.client }),
      startMs,
    ),
    startMs,
    async serve(ExecutedVersion, second, { requests, errors, latencyMs }) {
      const dimensions = { FunctionName: 'shop', Resource: 'shop:live', ExecutedVersion };
      const atMs = startMs + second * 60_000 + 20_000;
      const each = (value: number) => Array.from({ length: requests }, () => value);
      cloudWatch.put('Invocations', dimensions, atMs, each(1));
      cloudWatch.put('Errors', dimensions, atMs, [errors]);
      cloudWatch.put('Duration', dimensions, atMs, each(latencyMs));
    },
    stop: async () => {},
  };
});
