import type { MeasuredPoint, ReleaseMetrics } from '../types.ts';
import type { Sample } from './scale.ts';

/** A metric that a chart draws, of both sides. */
export interface Chart {
  key: 'errorRate' | 'latencyP95' | 'requests';
  title: string;
  blue: Sample[];
  green: Sample[];
  /** The scale ends here at least: a flat line near zero must not look like a mountain. */
  leastTop: number;
  format(value: number): string;
}

/** The three charts of a release. Requests are per second, whatever the period. */
export function chartsOf(metrics: ReleaseMetrics): Chart[] {
  const both = (value: (point: MeasuredPoint) => number | null, absent: number | null = null) => ({
    blue: samplesOf(metrics.blue, metrics.periodSeconds, value, absent),
    green: samplesOf(metrics.green, metrics.periodSeconds, value, absent),
  });
  return [
    {
      key: 'errorRate',
      title: 'Error rate',
      leastTop: 0.01,
      format: (value) => `${trimmed(value * 100, 2)} %`,
      ...both(({ requests, errors }) => (requests > 0 ? errors / requests : null)),
    },
    {
      key: 'latencyP95',
      title: 'p95 latency',
      leastTop: 5,
      format: (value) => `${trimmed(value, value < 10 ? 1 : 0)} ms`,
      ...both(({ latencyMs }) => latencyMs?.p95 ?? null),
    },
    {
      key: 'requests',
      title: 'Requests',
      leastTop: 1,
      format: (value) => `${trimmed(value, value < 10 ? 1 : 0)} /s`,
      ...both(({ requests }) => requests / metrics.periodSeconds, 0),
    },
  ];
}

/**
 * Stretches without requests have no points: there the line pauses or, for what can be counted, is zero.
 */
function samplesOf(
  points: readonly MeasuredPoint[],
  periodSeconds: number,
  value: (point: MeasuredPoint) => number | null,
  absent: number | null,
): Sample[] {
  const periodMs = periodSeconds * 1000;
  return points.flatMap((point, i) => {
    const at = Date.parse(point.at);
    const next = points[i + 1];
    const sample = { at, value: value(point) };
    const hasGap = next !== undefined && Date.parse(next.at) - at > 1.5 * periodMs;
    if (!hasGap) return [sample];
    const gap = [at + periodMs, Date.parse(next.at) - periodMs];
    return [sample, ...gap.map((it) => ({ at: it, value: absent }))];
  });
}

/** A chart in one sentence, for those who do not see it. */
export function chartInWords({ title, blue, green, format }: Chart): string {
  const last = (samples: Sample[]) => {
    const value = samples.findLast((sample) => sample.value !== null)?.value;
    return value === undefined || value === null ? 'no data' : format(value);
  };
  return `${title}: blue ${last(blue)}, green ${last(green)} at last.`;
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0+$/, '');
}

/** At least so much is shown before the first shift, so that green has something to be compared with. */
const leastLeadMs = 30_000;

/**
 * The stretch of time that charts show, in milliseconds since the epoch: as much before the first shift
 * as after it. What is measured before that only makes the release small.
 */
export function rangeOf({ from, to, marks }: ReleaseMetrics): readonly [number, number] {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const shift = marks.find(({ kind }) => kind === 'shift');
  if (!shift) return [start, end];
  const shiftAt = Date.parse(shift.at);
  return [Math.max(start, shiftAt - Math.max(leastLeadMs, end - shiftAt)), end];
}

/** Only what lies within a stretch of time, so that no line leaves its chart. */
export function within(chart: Chart, [start, end]: readonly [number, number]): Chart {
  const inside = (samples: Sample[]) => samples.filter(({ at }) => at >= start && at <= end);
  return { ...chart, blue: inside(chart.blue), green: inside(chart.green) };
}
