/** The value below which this share (0 to 1) of the values lies, by nearest rank; NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle one of the values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** A number with three decimals, as the JSON keeps it. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Percentiles of a set of measurements, in their unit. */
export interface Spread {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Percentiles of the values, rounded. */
export function spreadOf(values: readonly number[]): Spread {
  const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map((share) =>
    round(percentile(values, share)),
  );
  return { count: values.length, p50: p50 ?? 0, p95: p95 ?? 0, p99: p99 ?? 0, max: max ?? 0 };
}
