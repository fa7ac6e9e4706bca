import { z } from 'zod';
import { duration, formatDuration, fraction } from './quantities.ts';

/** The percentiles that metric sources measure. */
export const percentiles = ['p50', 'p95', 'p99'] as const;
export type Percentile = (typeof percentiles)[number];

/** What a service promises its users, and how much of its error budget releases may use. */
export interface Slo {
  /** Share of requests that are good, such as 0.999; less than 1. */
  availability: number;
  /** Requests of a minute whose percentile is above are not good; null where only errors count. */
  latency: { percentile: Percentile; belowMs: number } | null;
  windowSeconds: number;
  /** A release that burns more than this share of the whole budget stops further ones. */
  stopAtShare: number;
  /** With less than this share left no release begins. */
  leastLeftShare: number;
}

const shortestWindowSeconds = 3600;
const longestWindowSeconds = 90 * 86_400;

const latency = z
  .strictObject({
    p50: duration.optional().describe('Half of the requests of a minute are faster'),
    p95: duration.optional().describe('95 of 100 requests of a minute are faster'),
    p99: duration.optional().describe('99 of 100 requests of a minute are faster'),
  })
  .refine((value) => percentiles.filter((it) => value[it] !== undefined).length === 1, {
    message: 'needs one of p50, p95 and p99, such as { p95: 300ms }',
  });

/** `slo` of a manifest. */
export const sloSchema = z.strictObject({
  availability: fraction
    .refine((share) => share >= 0.5 && share < 1, 'needs a share from 50% to less than 100%')
    .describe('Share of the requests that are good: answered without a server error, and in time'),
  latency: latency
    .optional()
    .describe('Requests of a minute in which it was slower than this are not good'),
  window: duration
    .refine(
      (seconds) => seconds >= shortestWindowSeconds && seconds <= longestWindowSeconds,
      'needs 1h to 90d',
    )
    .prefault('28d')
    .describe('The budget is that of so long a time, up to now'),
  stopAt: fraction
    .prefault('50%')
    .describe('A release that burns more than this share of the whole budget stops further ones'),
  leastLeft: fraction.prefault('10%').describe('With less than this left no release begins'),
});

/** `slo` as the schema reads it. Durations are seconds, shares fractions. */
export type ParsedSlo = z.output<typeof sloSchema>;

/** The objective, with units in its names. */
export function sloOf(parsed: ParsedSlo): Slo {
  const percentile = percentiles.find((it) => parsed.latency?.[it] !== undefined);
  const belowSeconds = percentile && parsed.latency?.[percentile];
  return {
    availability: parsed.availability,
    latency: percentile ? { percentile, belowMs: (belowSeconds ?? 0) * 1000 } : null,
    windowSeconds: parsed.window,
    stopAtShare: parsed.stopAt,
    leastLeftShare: parsed.leastLeft,
  };
}

/** As a manifest would say it. */
export function sloInWords(slo: Slo) {
  const { latency: limit } = slo;
  return {
    availability: inPercent(slo.availability),
    latency: limit ? { [limit.percentile]: formatDuration(limit.belowMs / 1000) } : null,
    window: formatDuration(slo.windowSeconds),
    stopAt: inPercent(slo.stopAtShare),
    leastLeft: inPercent(slo.leastLeftShare),
  };
}

/** A share as people write it, with four digits at most: 0.999 → `99.9%`. */
export function inPercent(share: number): string {
  return `${Number((share * 100).toPrecision(4))}%`;
}
