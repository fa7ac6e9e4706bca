import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/platform/clock.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createMetricSource } from '../../lib/signals/index.ts';
import type { MetricPoint } from '../../lib/signals/signal.ts';
import { whyNoPrometheus } from '../../scripts/prometheus/program.ts';
import { type PrometheusServer, startPrometheus } from '../../scripts/prometheus/server.ts';
import { createServers, type Servers } from '../support/serve.ts';

const reason = whyNoPrometheus();
if (reason) console.warn(`Metrics of a real Prometheus are left out: ${reason}`);

/** So many points of each side are enough to compare; a server looks for its targets after five seconds. */
const enoughPoints = 4;
const patienceMs = 30_000;
/** A histogram's bounds, in seconds. */
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** A server that counts as time goes by, as if it had that much traffic. */
interface Traffic {
  requestsPerSecond: number;
  /** Requests of a hundred that fail. */
  errorPercent: number;
  latencySeconds: number;
}

/** The text format of metrics (prometheus.io/docs/instrumenting/exposition_formats/). */
function exposition(traffic: Traffic, seconds: number): string {
  const { requestsPerSecond, errorPercent, latencySeconds } = traffic;
  const requests = Math.floor(requestsPerSecond * seconds);
  const errors = Math.floor((requests * errorPercent) / 100);
  const within = (bound: number) => (latencySeconds <= bound ? requests : 0);
  const bucket = (le: string, count: number) =>
    `http_request_duration_seconds_bucket{le="${le}"} ${count}`;
  return [
    '# TYPE http_requests_total counter',
    `http_requests_total{code="200"} ${requests - errors}`,
    ...(errors > 0 ? [`http_requests_total{code="500"} ${errors}`] : []),
    '# TYPE http_request_duration_seconds histogram',
    ...bounds.map((bound) => bucket(String(bound), within(bound))),
    bucket('+Inf', requests),
    `http_request_duration_seconds_sum ${requests * latencySeconds}`,
    `http_request_duration_seconds_count ${requests}`,
    '',
  ].join('\n');
}

const ofEnvironment = 'environment="{environment}",version="{version}",service="{service}"';
const quantile = (share: number) => ({
  query: `histogram_quantile(${share}, sum by (le) (rate(http_request_duration_seconds_bucket{${ofEnvironment}}[4s])))`,
  unit: 'seconds',
});
const queries = {
  requests: `sum(rate(http_requests_total{${ofEnvironment}}[4s])) * {seconds}`,
  errors: `sum(rate(http_requests_total{${ofEnvironment},code=~"5.."}[4s])) * {seconds}`,
  latencyP50: quantile(0.5),
  latencyP95: quantile(0.95),
  latencyP99: quantile(0.99),
};
const versions = { blue: '1.0.0', green: '2.0.0 "odd"\\name' };

describe.skipIf(reason)('metrics of a real Prometheus', () => {
  let servers: Servers;
  let prometheus: PrometheusServer;
  let startedMs = 0;

  async function target(id: keyof typeof versions, traffic: Traffic) {
    const url = await servers.serve((_, response) => {
      const seconds = (systemClock.now() - startedMs) / 1000;
      response.setHeader('Content-Type', 'text/plain; version=0.0.4');
      response.end(exposition(traffic, seconds));
    });
    const labels = { environment: id, version: versions[id], service: 'shop' };
    return { address: new URL(url).host, labels };
  }

  function sourceOf(changes: object = {}) {
    const config = { kind: 'prometheus', url: prometheus.url, queries, step: '1s', settle: '1s' };
    const parts = { clock: systemClock, timers: systemClock, log: silentLogger };
    return createMetricSource({ ...config, ...changes }, 'shop', {
      prometheus: { ...parts, fetch },
    });
  }

  const look = (changes: object = {}, environmentIds = ['blue', 'green']) =>
    sourceOf(changes).samples({
      environmentIds,
      versions,
      fromMs: startedMs,
      toMs: systemClock.now() + 60_000,
    });

  async function untilMeasured(): Promise<void> {
    const deadlineMs = systemClock.now() + patienceMs;
    for (;;) {
      const sides = Object.values(await look());
      if (sides.every((points) => points.length >= enoughPoints)) return;
      if (systemClock.now() > deadlineMs) throw new Error('Prometheus measures nothing');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  beforeAll(async () => {
    servers = createServers();
    startedMs = systemClock.now();
    prometheus = await startPrometheus([
      await target('blue', { requestsPerSecond: 200, errorPercent: 0, latencySeconds: 0.02 }),
      await target('green', { requestsPerSecond: 100, errorPercent: 10, latencySeconds: 0.2 }),
    ]);
    await untilMeasured();
  }, 90_000);
  afterAll(async () => {
    await prometheus?.stop();
    await servers?.stopAll();
  });

  it('tell blue from green by the labels of their targets', async () => {
    const { blue = [], green = [] } = await look();

    // The first points are of a rate whose range is not full yet.
    const perSecond = (points: MetricPoint[], key: 'requests' | 'errors') => points.at(-1)?.[key];
    const isNear = (value: number, wanted: number) => Math.abs(value / wanted - 1) < 0.4;
    expect(perSecond(blue, 'requests')).toSatisfy((rate: number) => isNear(rate, 200));
    expect(perSecond(blue, 'errors')).toBe(0);
    expect(perSecond(green, 'requests')).toSatisfy((rate: number) => isNear(rate, 100));
    expect(perSecond(green, 'errors')).toSatisfy((rate: number) => isNear(rate, 10));
    // Within the bucket that all requests are in.
    for (const { latencyMs } of blue) expect(latencyMs?.p95).toBeGreaterThan(10);
    for (const { latencyMs } of blue) expect(latencyMs?.p95).toBeLessThanOrEqual(25);
    for (const { latencyMs } of green) expect(latencyMs?.p95).toBeGreaterThan(100);
  });

  it('tell of whole steps that have settled', async () => {
    const { blue = [] } = await look();
    const lastMs = systemClock.now() - 1000;

    for (const point of blue) {
      const atMs = Date.parse(point.at);
      expect(atMs % 1000).toBe(0);
      expect(atMs).toBeGreaterThanOrEqual(startedMs);
      expect(atMs + 1000).toBeLessThanOrEqual(lastMs);
    }
    const longer = await look({ settle: '1m' });
    expect(longer).toEqual({ blue: [], green: [] });
  });

  it('have nothing of an environment that nobody measures', async () => {
    expect(await look({}, ['red'])).toEqual({ red: [] });
  });

  it("say in Prometheus' own words what is wrong with a query", async () => {
    const errors = 'sum(rate(http_requests_total{version="{version}"}[4s])';

    await expect(look({ queries: { ...queries, errors } })).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: expect.stringMatching(/metrics\.queries\.errors .*parse error: unclosed left paren/),
    });
  });

  it('say that a query gives several series', async () => {
    const requests = 'rate(http_requests_total{environment=~"{environment}|green"}[4s])';

    await expect(look({ queries: { ...queries, requests } })).rejects.toMatchObject({
      name: 'ConfigInvalidError',
      message: expect.stringMatching(/metrics\.queries\.requests gives \d series/),
    });
  });

  it('say that nobody answers', async () => {
    const gone = await servers.serve((request) => request.socket.destroy());
    // Every wait is over at once, on a clock of its own.
    let now = systemClock.now();
    const timers = {
      after(delayMs: number, callback: () => void) {
        now += delayMs;
        return systemClock.after(0, callback);
      },
    };
    const parts = { fetch, timers, clock: { now: () => now }, log: silentLogger };
    const config = { kind: 'prometheus', url: gone, queries };
    const source = createMetricSource(config, 'shop', { prometheus: parts });

    await expect(
      source.samples({ environmentIds: ['blue'], fromMs: 0, toMs: 1 }),
    ).rejects.toMatchObject({ name: 'SignalUnavailableError' });
  });
});
