import type { Metrics, Point } from '../types.ts';
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
export function chartsOf(metrics: Metrics): Chart[] {
  const both = (value: (point: Point) => number | null) => ({
    blue: metrics.blue.map((point) => ({ at: Date.parse(point.at), value: value(point) })),
    green: metrics.green.map((point) => ({ at: Date.parse(point.at), value: value(point) })),
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
      ...both(({ requests }) => requests / metrics.periodSeconds),
    },
  ];
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
