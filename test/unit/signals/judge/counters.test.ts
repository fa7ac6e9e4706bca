import { describe, expect, it } from 'vitest';
import { incrementsOf } from '../../../../lib/signals/judge/counters.ts';
import { judgeRelease } from '../../../../lib/signals/judge/judge-release.ts';
import { latencies } from '../../../support/series.ts';

describe('increments of a counter', () => {
  it('are what it added', () => {
    expect(incrementsOf([10, 12, 12, 20])).toEqual([null, 2, 0, 8]);
  });

  it('are what it has counted since it began anew', () => {
    expect(incrementsOf([100, 110, 3, 5])).toEqual([null, 10, 3, 2]);
  });

  it('are missing with a sample, and come with the next', () => {
    expect(incrementsOf([10, null, 16, 17])).toEqual([null, null, 6, 1]);
    expect(incrementsOf([null, 5, 7])).toEqual([null, null, 2]);
    expect(incrementsOf([10, null, 4])).toEqual([null, null, 4]);
  });

  it('are missing where there are not two samples', () => {
    expect(incrementsOf([])).toEqual([]);
    expect(incrementsOf([5])).toEqual([null]);
  });
});

describe('a metric that is a counter', () => {
  /** Counts up, and is restarted after every tenth sample. */
  const countUp = (increments: number[]) => {
    let count = 0;
    return increments.map((it, i) => {
      count = i % 10 === 9 ? it : count + it;
      return count;
    });
  };
  const judge = (blue: number[], green: number[]) =>
    judgeRelease({
      plannedLooks: 30,
      metrics: [
        {
          kind: 'value',
          name: 'bytes',
          counter: true,
          tolerance: { ratio: 1.25 },
          baseline: { before: countUp(blue) },
          candidate: countUp(green),
        },
      ],
    });

  it('is compared by what it adds, whenever it began anew', () => {
    const green = latencies(2, 30);

    expect(judge(latencies(1, 30), green).verdict).toBe('healthy-so-far');
    expect(
      judge(
        latencies(1, 30),
        green.map((it) => it * 2),
      ).verdict,
    ).toBe('breach');
  });

  it('may be errors and requests', () => {
    const rising = (perLook: number) =>
      Array.from({ length: 30 }, (_, i) => ({
        errors: (i % 15) * perLook,
        requests: (i % 15) * 1000,
      }));
    const verdictOf = (perLook: number) =>
      judgeRelease({
        plannedLooks: 30,
        metrics: [
          {
            kind: 'rate',
            name: 'errorRate',
            counter: true,
            tolerance: { ratio: 2 },
            baseline: { before: rising(10) },
            candidate: rising(perLook),
          },
        ],
      }).verdict;

    expect(verdictOf(12)).toBe('healthy-so-far');
    expect(verdictOf(60)).toBe('breach');
  });
});
