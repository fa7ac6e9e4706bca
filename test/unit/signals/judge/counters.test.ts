import { describe, expect, it } from 'vitest';
import { incrementsOf } from '../../../../lib/signals/judge/counters.ts';

describe('increments of a counter', () => {
  it('are what it added', () => {
    expect(incrementsOf([10, 12, 12, 20])).toEqual([2, 0, 8]);
  });

  it('are what it has counted since it began anew', () => {
    expect(incrementsOf([100, 110, 3, 5])).toEqual([10, 3, 2]);
  });

  it('are missing with a sample, and come with the next', () => {
    expect(incrementsOf([10, null, 16, 17])).toEqual([null, 6, 1]);
    expect(incrementsOf([null, 5, 7])).toEqual([null, 2]);
    expect(incrementsOf([10, null, 4])).toEqual([null, 4]);
  });

  it('are none where there are not two samples', () => {
    expect(incrementsOf([])).toEqual([]);
    expect(incrementsOf([5])).toEqual([]);
  });
});
