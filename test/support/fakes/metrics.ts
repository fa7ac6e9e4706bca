import { type Clock, epochMs, isoTime } from '../../../lib/release/clock.ts';
import type { MetricPoint, MetricQuery, MetricSource } from '../../../lib/signals/signal.ts';

/** How an environment behaves from some moment on. */
export interface FakeTraffic {
  requestsPerSecond: number;
  /** Share of requests that fail, 0 to 1; 0 if absent. */
  errorRate?: number;
  /** Milliseconds; one number stands for all three. 10 if absent. */
  latencyMs?: number | { p50: number; p95: number; p99: number };
}

/** Metrics that a test scripts per environment. */
export interface FakeMetrics extends MetricSource {
  /** From the clock's now (or `fromMs`) on, the environment behaves like this. Later ones override. */
  behave(environmentId: string, traffic: FakeTraffic, fromMs?: number): void;
  /** Exactly these points besides what `behave` gives; oldest first is not needed. */
  addPoints(environmentId: string, points: readonly MetricPoint[]): void;
  /** The next `times` calls of `samples` throw `error`. `Infinity` is for ever. */
  failNext(error: Error, times?: number): void;
  /** Takes every fault back. */
  heal(): void;
  /** Every query, in order. */
  readonly queries: readonly MetricQuery[];
}

/** What fake metrics start from. */
export interface FakeMetricsOptions {
  /** Points end before its now; the machine's if absent. */
  clock?: Clock;
  /** Length of the points that `behave` makes; 1 if absent. */
  periodSeconds?: number;
}

/**
 * An in-memory metric source for tests.
 * @example
 * const metrics = createFakeMetrics({ clock });
 * metrics.behave('blue', { requestsPerSecond: 100, latencyMs: 20 });
 * metrics.behave('green', { requestsPerSecond: 100, latencyMs: 60 });
 */
export function createFakeMetrics(options: FakeMetricsOptions = {}): FakeMetrics {
  const clock = options.clock ?? { now: () => Date.now() };
  const periodSeconds = options.periodSeconds ?? 1;
  const periodMs = periodSeconds * 1000;
  const scripts = new Map<string, { fromMs: number; traffic: FakeTraffic }[]>();
  const extra = new Map<string, MetricPoint[]>();
  const queries: MetricQuery[] = [];
  const faults: { error: Error; left: number }[] = [];

  function trafficAt(environmentId: string, atMs: number): FakeTraffic | undefined {
    return scripts.get(environmentId)?.findLast((script) => script.fromMs <= atMs)?.traffic;
  }

  function scripted(environmentId: string, fromMs: number, toMs: number): MetricPoint[] {
    const points: MetricPoint[] = [];
    const firstFrom = scripts.get(environmentId)?.[0]?.fromMs ?? toMs;
    const start = Math.ceil(Math.max(fromMs, firstFrom) / periodMs) * periodMs;
    // Only stretches that are over, as a provider gives them.
    const end = Math.min(toMs, clock.now() - periodMs + 1);
    for (let atMs = start; atMs < end; atMs += periodMs) {
      const traffic = trafficAt(environmentId, atMs);
      if (traffic) points.push(pointOf(traffic, atMs, periodSeconds));
    }
    return points;
  }

  function pointsOf(environmentId: string, { fromMs, toMs }: MetricQuery): MetricPoint[] {
    const added = (extra.get(environmentId) ?? []).filter((point) => {
      const atMs = epochMs(point.at);
      return atMs >= fromMs && atMs < toMs;
    });
    return [...scripted(environmentId, fromMs, toMs), ...added].sort((a, b) =>
      a.at.localeCompare(b.at),
    );
  }

  return {
    queries,
    async samples(query) {
      queries.push(structuredClone(query));
      const fault = faults.find((entry) => entry.left > 0);
      if (fault) {
        fault.left -= 1;
        throw fault.error;
      }
      return Object.fromEntries(query.environmentIds.map((id) => [id, pointsOf(id, query)]));
    },
    behave(environmentId, traffic, fromMs = clock.now()) {
      const list = scripts.get(environmentId) ?? [];
      scripts.set(
        environmentId,
        [...list, { fromMs, traffic }].sort((a, b) => a.fromMs - b.fromMs),
      );
    },
    addPoints(environmentId, points) {
      extra.set(environmentId, [...(extra.get(environmentId) ?? []), ...points]);
    },
    failNext(error, times = 1) {
      faults.push({ error, left: times });
    },
    heal() {
      faults.length = 0;
    },
  };
}

function pointOf(traffic: FakeTraffic, atMs: number, periodSeconds: number): MetricPoint {
  const requests = Math.round(traffic.requestsPerSecond * periodSeconds);
  const latency = traffic.latencyMs ?? 10;
  return {
    at: isoTime(atMs),
    periodSeconds,
    requests,
    errors: Math.round(requests * (traffic.errorRate ?? 0)),
    latencyMs:
      requests === 0
        ? null
        : typeof latency === 'number'
          ? { p50: latency, p95: latency, p99: latency }
          : { ...latency },
  };
}
