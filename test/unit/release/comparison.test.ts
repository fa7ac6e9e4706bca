import { describe, expect, it } from 'vitest';
import {
  type Comparison,
  comparisonInWords,
  comparisons,
  planComparison,
} from '../../../lib/release/comparison.ts';

const planned = (written: object): Comparison => {
  const { latencyP95 } = comparisons.parse({ latencyP95: written });
  if (!latencyP95) throw new Error('it was not read');
  return planComparison(latencyP95);
};

describe('a comparison', () => {
  it('is planned without what is the default', () => {
    expect(planned({ max: '2x' })).toEqual({ maxRatio: 2 });
    expect(planned({ max: '2x', direction: 'increase', weight: 1, critical: true })).toEqual({
      maxRatio: 2,
    });
  });

  it('is planned in milliseconds and fractions', () => {
    expect(planned({ maxIncrease: '1.5s', minEffect: '5ms' })).toEqual({
      maxIncrease: 1500,
      minEffect: 5,
    });
    const { errorRate } = comparisons.parse({ errorRate: { maxIncrease: '0.5%' } });
    expect(errorRate && planComparison(errorRate)).toEqual({ maxIncrease: 0.005 });
  });

  it.each<[Comparison, string]>([
    [{ maxRatio: 2 }, '2x'],
    [{ maxIncrease: 50 }, '50ms'],
    [{ maxRatio: 2, direction: 'decrease' }, '2x less'],
    [
      { maxIncrease: 50, direction: 'either', minEffect: 5, weight: 2, isCritical: false },
      '50ms more or less, from 5ms on, weight 2, not critical',
    ],
  ])('of %j is %s for people', (comparison, words) => {
    expect(comparisonInWords('latencyP95', comparison)).toBe(words);
  });

  it('of a share is percentage points for people', () => {
    expect(comparisonInWords('errorRate', { maxIncrease: 0.003 })).toBe('0.3%');
  });
});
