import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addLatency,
  createHistogram,
  percentiles,
} from '../../../lib/signals/local-metrics/histogram.ts';

describe('the latency histogram', () => {
  it('reads every percentile within 2 % of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 600_000, noNaN: true }), { minLength: 1 }),
        (latencies) => {
          const histogram = createHistogram();
          for (const latency of latencies) addLatency(histogram, latency);
          const sorted = latencies.toSorted((a, b) => a - b);
          const shares = [0.5, 0.95, 0.99];
          percentiles(histogram, shares).forEach((found, i) => {
            const exact = sorted[Math.ceil((shares[i] ?? 1) * sorted.length) - 1] ?? Number.NaN;
            expect(Math.abs(found / exact - 1)).toBeLessThanOrEqual(0.0205);
          });
        },
      ),
    );
  });

  it('has no percentiles without counts', () => {
    expect(percentiles(createHistogram(), [0.5])).toEqual([]);
  });

  it('counts what is too small or too large in its outermost buckets', () => {
    const histogram = createHistogram();
    addLatency(histogram, 0);
    addLatency(histogram, Number.MAX_VALUE);
    const [low, high] = percentiles(histogram, [0.5, 1]);
    expect(low).toBeCloseTo(0.102, 3);
    expect(high).toBeGreaterThan(600_000);
  });
});
