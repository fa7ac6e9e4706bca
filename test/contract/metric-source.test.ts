import { silentLogger } from '../../lib/release/logger.ts';
import { createMetricSource } from '../../lib/signals/index.ts';
import { createLocalMetrics } from '../../lib/signals/local-metrics/metrics.ts';
import { createFakeCloudWatch } from '../support/fakes/cloudwatch.ts';
import { createFakeMetrics } from '../support/fakes/metrics.ts';
import { createFakePrometheus } from '../support/fakes/prometheus.ts';
import { inMinutes } from '../support/in-minutes.ts';
import { createServers } from '../support/serve.ts';
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
      createMetricSource(config, 'shop', {
        cloudWatch: cloudWatch.client,
        clock: { now: () => startMs + 86_400_000 },
      }),
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

metricSourceContract('prometheus', async () => {
  const clock = { now: () => startMs + 3_600_000 };
  const timers = { after: () => () => {} };
  const prometheus = createFakePrometheus(clock.now);
  const servers = createServers();
  const latency = (name: string) => ({ query: `${name}{e="{environment}"}`, unit: 'seconds' });
  const config = {
    kind: 'prometheus',
    url: await servers.serve(prometheus.listener),
    step: '1s',
    queries: {
      requests: 'requests{e="{environment}"}',
      errors: 'errors{e="{environment}"}',
      latencyP50: latency('p50'),
      latencyP95: latency('p95'),
      latencyP99: latency('p99'),
    },
  };
  const deps = { fetch, clock, timers, log: silentLogger };
  return {
    source: createMetricSource(config, 'shop', { prometheus: deps }),
    startMs,
    async serve(id, second, { requests, errors, latencyMs }) {
      const atMs = startMs + (second + 1) * 1000;
      prometheus.set(`requests{e="${id}"}`, atMs, requests);
      if (errors > 0) prometheus.set(`errors{e="${id}"}`, atMs, errors);
      for (const name of ['p50', 'p95', 'p99'])
        prometheus.set(`${name}{e="${id}"}`, atMs, latencyMs / 1000);
    },
    stop: () => servers.stopAll(),
  };
});
