import type { Clock } from '../../release/clock.ts';
import type { MetricPoint, MetricQuery } from '../signal.ts';
import { createSeries, pointOf, rememberedSeconds, type Series } from './series.ts';

/** A request that is over, as a proxy reports it. */
export interface ObservedRequest {
  service: string;
  /** Null when there was no route. */
  environmentId: string | null;
  /** HTTP status; 0 when the client got nothing. */
  status: number;
  /** Milliseconds until the answer began; null when none began. */
  latencyMs: number | null;
  outcome: 'answered' | 'side-failed' | 'switch-failed' | 'client-gone';
}

/** Counts of one environment since the start. */
export interface EnvironmentTotals {
  requests: number;
  /** 5xx of the application, refusals, resets and silence. */
  errors: number;
  /** Failed by the proxy itself because of a switch; not among `errors`. */
  bySwitch: number;
}

/** What all environments of a service did in one second. */
export interface ServiceSecond {
  requests: number;
  /** Share of requests that failed, whoever failed them: 0 to 1. */
  errorRate: number;
  /** Milliseconds; null when nothing was answered. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
}

/** Under this id are counted requests for which there was no route. */
export const unroutedId = '(unrouted)';

/** How many environments of one service are remembered; the one that began first goes first. */
export const rememberedEnvironments = 12;

/**
 * What the proxy saw, for the last hour at most. Bounded: an hour of traffic in every second is 3.3 MB
 * per environment, of which {@link rememberedEnvironments} are kept per service, and as much again
 * for the service as a whole.
 */
export interface LocalMetrics {
  /** Takes one finished request. Fits the proxy's `onRequest`. */
  record(request: ObservedRequest): void;
  /**
   * Points of one second each; seconds without requests have none. The second that is running is
   * among them, as far as it has come.
   */
  samples(service: string, query: MetricQuery): Record<string, MetricPoint[]>;
  /** One second of a service, or undefined when it had no requests. */
  serviceSecond(service: string, second: number): ServiceSecond | undefined;
  /** Counts since the start per environment id, and under {@link unroutedId}. */
  totals(service: string): Record<string, EnvironmentTotals>;
}

interface ServiceMetrics {
  all: Series;
  environments: Map<string, { series: Series; totals: EnvironmentTotals }>;
}

/** Metrics without data. */
export function createLocalMetrics({ clock }: { clock: Clock }): LocalMetrics {
  const services = new Map<string, ServiceMetrics>();

  function serviceOf(service: string): ServiceMetrics {
    const known = services.get(service);
    if (known) return known;
    const fresh = { all: createSeries(), environments: new Map() };
    services.set(service, fresh);
    return fresh;
  }

  return {
    record(request) {
      // A client that left before the answer began says nothing about its environment.
      if (request.outcome === 'client-gone' && (request.latencyMs === null || !request.status))
        return;
      const second = Math.floor(clock.now() / 1000);
      const { all, environments } = serviceOf(request.service);
      const { series, totals } = environmentOf(environments, request.environmentId ?? unroutedId);
      const isBySwitch = request.outcome === 'switch-failed';
      const isError = !isBySwitch && isServerError(request);
      // What the proxy refused by itself says nothing about how fast an environment is.
      const latencyMs = isBySwitch ? null : request.latencyMs;
      const observation = { isError, isBySwitch, latencyMs };
      series.add(second, observation);
      all.add(second, observation);
      totals.requests += 1;
      if (isError) totals.errors += 1;
      if (isBySwitch) totals.bySwitch += 1;
    },
    samples(service, { environmentIds, fromMs, toMs }) {
      const known = services.get(service)?.environments;
      return Object.fromEntries(
        environmentIds.map((id) => [
          id,
          pointsBetween(known?.get(id)?.series, fromMs, Math.min(toMs, clock.now() + 1)),
        ]),
      );
    },
    serviceSecond(service, second) {
      const found = services.get(service)?.all.at(second);
      if (!found) return undefined;
      const { requests, latencyMs } = pointOf(found);
      return { requests, errorRate: (found.errors + found.bySwitch) / requests, latencyMs };
    },
    totals(service) {
      const known = services.get(service)?.environments ?? new Map();
      return Object.fromEntries([...known].map(([id, { totals }]) => [id, { ...totals }]));
    },
  };
}

function isServerError({ status, outcome }: ObservedRequest): boolean {
  return outcome === 'side-failed' || status >= 500;
}

function environmentOf(environments: ServiceMetrics['environments'], id: string) {
  const known = environments.get(id);
  if (known) return known;
  const fresh = { series: createSeries(), totals: { requests: 0, errors: 0, bySwitch: 0 } };
  environments.set(id, fresh);
  const oldest = environments.keys().next().value;
  if (environments.size > rememberedEnvironments && oldest !== undefined) {
    environments.delete(oldest);
  }
  return fresh;
}

function pointsBetween(series: Series | undefined, fromMs: number, toMs: number): MetricPoint[] {
  if (!series) return [];
  const points: MetricPoint[] = [];
  const last = Math.ceil(toMs / 1000);
  const first = Math.max(Math.ceil(fromMs / 1000), last - rememberedSeconds);
  for (let second = first; second < last; second += 1) {
    const found = series.at(second);
    if (found) points.push(pointOf(found));
  }
  return points;
}
