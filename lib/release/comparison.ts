import { z } from 'zod';
import { multiplier, parseDuration } from './quantities.ts';

/** Metrics that the judge can compare. Rates are fractions, latencies milliseconds. */
export const comparableMetrics = ['errorRate', 'latencyP50', 'latencyP95', 'latencyP99'] as const;
export type ComparableMetric = (typeof comparableMetrics)[number];

/** Which change is bad. */
export const directions = ['increase', 'decrease', 'either'] as const;
export type Direction = (typeof directions)[number];

/** How green is compared with blue in one metric, as a plan has it; what is absent is the default. */
export interface Comparison {
  /** The largest allowed ratio of green to blue. Absent where `maxIncrease` is there. */
  maxRatio?: number;
  /** How much more than blue is allowed, in the metric's unit: a fraction, or milliseconds. */
  maxIncrease?: number;
  /** Increase if absent. */
  direction?: Direction;
  /** In the metric's unit: what is worse by less is no breach. */
  minEffect?: number;
  /** 1 if absent. */
  weight?: number;
  /** True if absent. */
  isCritical?: boolean;
}

/** The metrics of a plan, each with how it is compared. */
export type Comparisons = Partial<Record<ComparableMetric, Comparison>>;

/** A difference with its unit, which is the metric's. */
export interface Amount {
  unit: 'ms' | 'fraction';
  value: number;
}

/** How green is compared with blue in one metric, as a validated manifest has it. */
export interface WrittenComparison {
  max?: number | undefined;
  maxIncrease?: Amount | undefined;
  direction: Direction;
  minEffect?: Amount | undefined;
  weight: number;
  critical: boolean;
}

const needsAmount =
  'needs a difference with its unit, such as 50ms for a latency or 0.5% for errorRate';

/** Schema of a difference: a duration, or percentage points. */
const amount = z
  .string({ error: needsAmount })
  .regex(/^\d+(?:\.\d+)?(?:ms|s|%)$/, { error: needsAmount, abort: true })
  .transform(
    (text): Amount =>
      text.endsWith('%')
        ? { unit: 'fraction', value: Number(text.slice(0, -1)) / 100 }
        : { unit: 'ms', value: (parseDuration(text) ?? Number.NaN) * 1000 },
  );

const comparison = z
  .strictObject({
    max: multiplier
      .optional()
      .describe(
        "Green may be this many times blue's value; where less is bad, the other way round",
      ),
    maxIncrease: amount
      .optional()
      .describe(
        'In place of `max`: green may differ from blue by so much, such as `50ms` or `0.5%`',
      ),
    direction: z
      .enum(directions)
      .default('increase')
      .describe('Which change is bad: more than blue, less, or both'),
    minEffect: amount
      .optional()
      .describe('What exceeds the tolerance by less is no breach; `1ms` for latencies if absent'),
    weight: z
      .number()
      .positive('needs a number above 0')
      .max(100)
      .default(1)
      .describe('Its share of the allowed false alarms, and its say where it is not critical'),
    critical: z
      .boolean()
      .default(true)
      .describe(
        'False makes its breach a warning, unless another such metric agrees and both have half of all weight',
      ),
  })
  .refine(({ max, maxIncrease }) => (max === undefined) !== (maxIncrease === undefined), {
    message: 'needs either max, such as 2x, or maxIncrease, such as 50ms or 0.5%',
  });

/** Schema of `watch.compare`. */
export const comparisons = z
  .partialRecord(z.enum(comparableMetrics), comparison)
  .superRefine((written, context) => {
    for (const [metric, asked] of Object.entries(written)) {
      for (const key of ['maxIncrease', 'minEffect'] as const) {
        const given = asked?.[key];
        if (!given || given.unit === unitOf(metric as ComparableMetric)) continue;
        const message =
          given.unit === 'ms'
            ? 'is a time, and this metric is a share; use percentage points, such as 0.5%'
            : 'is a share, and this metric is a time; use a duration, such as 50ms';
        context.addIssue({ code: 'custom', path: [metric, key], message });
      }
    }
  });

/** What a metric is measured in. */
export function unitOf(metric: ComparableMetric): Amount['unit'] {
  return metric === 'errorRate' ? 'fraction' : 'ms';
}

/** A comparison as a plan has it: without what is the default. */
export function planComparison(written: WrittenComparison): Comparison {
  const { max, maxIncrease, direction, minEffect, weight, critical } = written;
  return {
    ...(max !== undefined && { maxRatio: max }),
    ...(maxIncrease && { maxIncrease: maxIncrease.value }),
    ...(direction !== 'increase' && { direction }),
    ...(minEffect && { minEffect: minEffect.value }),
    ...(weight !== 1 && { weight }),
    ...(!critical && { isCritical: false }),
  };
}

/** `2x`, or `50ms more or less, from 5ms on, weight 2, not critical`: what is not the default, for people. */
export function comparisonInWords(metric: ComparableMetric, asked: Comparison): string {
  const { maxRatio, maxIncrease, direction = 'increase', minEffect, weight, isCritical } = asked;
  const side = { increase: 'more', decrease: 'less', either: 'more or less' }[direction];
  const isPlain = direction === 'increase';
  const limit = maxIncrease === undefined ? `${maxRatio}x` : amountInWords(metric, maxIncrease);
  return [
    isPlain ? limit : `${limit} ${side}`,
    ...(minEffect === undefined ? [] : [`from ${amountInWords(metric, minEffect)} on`]),
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(isCritical === false ? ['not critical'] : []),
  ].join(', ');
}

function amountInWords(metric: ComparableMetric, value: number): string {
  return unitOf(metric) === 'ms' ? `${value}ms` : `${Number((value * 100).toPrecision(12))}%`;
}
