import { z } from 'zod';
import { duration, fraction, parseDuration } from '../../release/quantities.ts';

/** What an alarm can look at. */
export const alarmMetrics = [
  'errorRate',
  'latencyP50',
  'latencyP95',
  'latencyP99',
  'requests',
] as const;
export type AlarmMetric = (typeof alarmMetrics)[number];

/** An alarm as it is evaluated. */
export interface AlarmDefinition {
  metric: AlarmMetric;
  /** On which side of the threshold it breaches; the threshold itself does not breach. */
  side: 'above' | 'below';
  /** Fraction for rates, milliseconds for latencies, requests per second. */
  threshold: number;
  /** So many of the last `outOf` seconds must breach. */
  needed: number;
  outOf: number;
  /** What a second without data is: fine, a breach, or nothing that changes the state. */
  missing: 'ok' | 'breaching' | 'ignore';
  /** A second with fewer requests has no data. */
  minRequests: number;
}

const longestSpanSeconds = 600;
const spanPattern = /^(\d+) of (\d+)$/;
const threshold = z.union([z.number(), z.string()], {
  error: 'needs a number, or a number with its unit such as 5% or 300ms',
});

const written = z.strictObject({
  metric: z.enum(alarmMetrics).describe('Of the whole traffic of the service'),
  above: threshold.optional().describe('Breaches above this: 5% or 0.05, 300 or 300ms, 10'),
  below: threshold.optional().describe('Breaches below this'),
  for: duration
    .refine((seconds) => Number.isInteger(seconds) && seconds >= 1, 'needs whole seconds')
    .refine((seconds) => seconds <= longestSpanSeconds, `needs at most ${longestSpanSeconds}s`)
    .optional()
    .describe('Every second of this span must breach; 1s if absent'),
  datapoints: z
    .string()
    .regex(spanPattern, 'needs M of N, such as "2 of 3"')
    .optional()
    .describe('So many of the last so many seconds must breach, such as 2 of 3'),
  missing: z
    .enum(['ok', 'breaching', 'ignore'])
    .default('ok')
    .describe('What a second without data is; ignore keeps the state'),
  minRequests: z.int().min(1).default(1).describe('A second with fewer requests has no data'),
});

type Written = z.output<typeof written>;

/** Schema of one alarm of a manifest. Read as an {@link AlarmDefinition}. */
export const alarmSchema = written.transform((alarm, context): AlarmDefinition => {
  const refuse = (path: string, message: string) => {
    context.addIssue({ code: 'custom', path: [path], message });
    return z.NEVER;
  };
  if (alarm.above !== undefined && alarm.below !== undefined) {
    return refuse('below', 'cannot stand beside above; an alarm has exactly one of them');
  }
  const side = alarm.below === undefined ? 'above' : 'below';
  const value = alarm.above ?? alarm.below;
  if (value === undefined) return refuse('above', 'is missing; an alarm needs above or below');
  const limit = readThreshold(alarm.metric, value);
  if (typeof limit === 'string') return refuse(side, limit);
  const span = readSpan(alarm);
  if (typeof span === 'string') return refuse('datapoints', span);
  const { metric, missing, minRequests } = alarm;
  return { metric, side, threshold: limit, ...span, missing, minRequests };
});

/** The threshold in the metric's unit, or what is wrong with it. */
function readThreshold(metric: AlarmMetric, value: number | string): number | string {
  if (metric === 'errorRate') {
    return fraction.safeParse(value).data ?? 'needs a share, such as 5% or 0.05';
  }
  if (metric === 'requests') {
    const isCount = typeof value === 'number' && value >= 0;
    return isCount ? value : 'needs a number of requests per second, such as 10';
  }
  const seconds = typeof value === 'string' ? parseDuration(value) : value / 1000;
  const isTime = seconds !== undefined && seconds >= 0;
  return isTime ? Math.round(seconds * 1e6) / 1000 : 'needs a latency, such as 300ms';
}

/** How many of how many seconds, or what is wrong with that. */
function readSpan(alarm: Written): { needed: number; outOf: number } | string {
  if (alarm.datapoints === undefined) {
    const seconds = alarm.for ?? 1;
    return { needed: seconds, outOf: seconds };
  }
  if (alarm.for !== undefined) return 'cannot stand beside for; use one of them';
  const [, needed, outOf] = (spanPattern.exec(alarm.datapoints) ?? []).map(Number);
  if (!needed || !outOf || needed > outOf || outOf > longestSpanSeconds) {
    return `needs M of N with 1 ≤ M ≤ N ≤ ${longestSpanSeconds}, such as "2 of 3"`;
  }
  return { needed, outOf };
}
