import { describe, expect, it } from 'vitest';
import { createPatience, type Retrier } from '../../../lib/engine/embedded/retry.ts';

/** The waits after that many failures of that name. */
const waits = (retriers: Retrier[], name: string, times: number) => {
  const patience = createPatience(retriers);
  return Array.from({ length: times }, () => patience(name));
};

describe('the Retry of a state', () => {
  it('grows its waits up to the longest one and ends after its attempts', () => {
    const retrier = {
      ErrorEquals: ['Busy'],
      IntervalSeconds: 2,
      BackoffRate: 3,
      MaxDelaySeconds: 10,
      MaxAttempts: 4,
    };
    expect(waits([retrier], 'Busy', 5)).toEqual([2, 6, 10, 10, null]);
  });

  it('has the defaults of ASL: three tries, one second, doubled', () => {
    expect(waits([{ ErrorEquals: ['States.ALL'] }], 'Busy', 4)).toEqual([1, 2, 4, null]);
  });

  it('counts every retrier for itself, and takes the first that fits', () => {
    const patience = createPatience([
      { ErrorEquals: ['Busy'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 1 },
    ]);
    expect(['Busy', 'Lost', 'Busy', 'Lost'].map(patience)).toEqual([1, 5, null, null]);
  });

  it('does not repeat what no retrier names', () => {
    expect(waits([{ ErrorEquals: ['Busy'] }], 'Broken', 1)).toEqual([null]);
  });

  it.each([
    ['States.Timeout', null],
    ['Busy', 1],
  ])('takes %s for a failed task: %s', (name, wait) => {
    expect(waits([{ ErrorEquals: ['States.TaskFailed'] }], name, 1)).toEqual([wait]);
  });
});
