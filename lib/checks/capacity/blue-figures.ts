import { epochMs } from '../../release/clock.ts';
import { isNamed } from '../../release/errors.ts';
import type { MetricPoint } from '../../signals/signal.ts';
import type { PreflightContext } from '../check.ts';
import type { Baseline } from './judge-load.ts';
import { percentile } from './put-load.ts';

/** What blue serves now, by the service's own metrics. */
export interface BlueFigures extends Baseline {
  requestsPerSecond: number;
}

/** So far back blue is looked at. */
const seconds = 300;

/**
 * Blue's figures of the last five minutes; null where there are no metrics, or no requests.
 * @throws ThrottledError, which is worth a repetition.
 */
export async function figuresOf({ blue, figures }: PreflightContext): Promise<BlueFigures | null> {
  if (!blue) return null;
  try {
    return summarize(await figures(blue, seconds));
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    return null;
  }
}

function summarize(points: readonly MetricPoint[]): BlueFigures | null {
  const sum = (of: (point: MetricPoint) => number) =>
    points.reduce((total, point) => total + of(point), 0);
  const requests = sum((point) => point.requests);
  if (requests === 0) return null;
  const latencies = points.flatMap(({ latencyMs }) => latencyMs?.p95 ?? []);
  return {
    requestsPerSecond: Math.round((requests / lengthOf(points)) * 10) / 10,
    p95Ms: percentile(latencies, 0.5),
    errorRate: sum((point) => point.errors) / requests,
  };
}

/** From the first point to the end of the last, in seconds: those without requests may have none. */
function lengthOf(points: readonly MetricPoint[]): number {
  const begins = points.map(({ at }) => epochMs(at) / 1000);
  const ends = points.map(({ at, periodSeconds }) => epochMs(at) / 1000 + periodSeconds);
  return Math.max(...ends) - Math.min(...begins);
}
