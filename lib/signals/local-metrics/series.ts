import { isoTime } from '../../release/clock.ts';
import type { MetricPoint } from '../signal.ts';
import { addLatency, createHistogram, type Histogram, percentiles } from './histogram.ts';

/** How many seconds a series remembers. */
export const rememberedSeconds = 3600;

/** What happened in one second. */
export interface Second {
  /** Seconds since the Unix epoch. */
  second: number;
  requests: number;
  errors: number;
  /** Requests that the proxy itself failed because of a switch; not among `errors`. */
  bySwitch: number;
  latencies: Histogram;
}

/** What one second is told of one request. */
export interface Observation {
  isError: boolean;
  isBySwitch: boolean;
  /** Milliseconds, or null when nothing was answered. */
  latencyMs: number | null;
}

/** The last hour, second by second, in a ring: about 0.9 KB for each second with requests. */
export interface Series {
  add(second: number, observation: Observation): void;
  /** The second if it had requests and is remembered. */
  at(second: number): Second | undefined;
}

/** A series without data. */
export function createSeries(): Series {
  const ring: (Second | undefined)[] = [];

  function slotFor(second: number): Second {
    const index = second % rememberedSeconds;
    const slot = ring[index];
    if (slot?.second === second) return slot;
    const latencies = slot?.latencies.fill(0) ?? createHistogram();
    const fresh = { second, requests: 0, errors: 0, bySwitch: 0, latencies };
    ring[index] = fresh;
    return fresh;
  }

  return {
    add(second, { isError, isBySwitch, latencyMs }) {
      const slot = slotFor(second);
      slot.requests += 1;
      if (isError) slot.errors += 1;
      if (isBySwitch) slot.bySwitch += 1;
      if (latencyMs !== null) addLatency(slot.latencies, latencyMs);
    },
    at(second) {
      const slot = ring[second % rememberedSeconds];
      return slot?.second === second ? slot : undefined;
    },
  };
}

/** A second as the contract gives it. */
export function pointOf({ second, requests, errors, latencies }: Second): MetricPoint {
  const [p50, p95, p99] = percentiles(latencies, [0.5, 0.95, 0.99]);
  const hasLatency = p50 !== undefined && p95 !== undefined && p99 !== undefined;
  return {
    at: isoTime(second * 1000),
    periodSeconds: 1,
    requests,
    errors,
    latencyMs: hasLatency ? { p50, p95, p99 } : null,
  };
}
