import { describe, expect, it } from 'vitest';
import { judgeRelease } from '../../../../lib/signals/judge/judge-release.ts';
import type { Baseline, Series, ValueMetric } from '../../../../lib/signals/judge/question.ts';
import { latencies } from '../../../support/series.ts';

function judge(
  baseline: Baseline<number> | number[],
  candidate: Series,
  differs: Partial<ValueMetric> = {},
  plannedLooks = 30,
) {
  const { verdict, at, reason, metrics } = judgeRelease({
    plannedLooks,
    metrics: [
      {
        kind: 'value',
        name: 'latencyP95',
        tolerance: { ratio: 1.25 },
        baseline: Array.isArray(baseline) ? { before: baseline } : baseline,
        candidate,
        unit: 'ms',
        ...differs,
      },
    ],
  });
  return { verdict, at, reason, metric: metrics[0] };
}

const blue = latencies(1, 30);
const green = latencies(2, 30);
const times = (points: number[], factor: number, from = 0, to = points.length) =>
  points.map((value, i) => (i >= from && i < to ? value * factor : value));

describe('a value', () => {
  it('is healthy so far where green is as blue, and says so with numbers', () => {
    const { verdict, at, reason } = judge(blue, green);

    expect(verdict).toBe('healthy-so-far');
    expect(at).toBeNull();
    expect(reason).toMatch(
      /^latencyP95: green \d+ ms, blue \d+ ms in the middle of 30 and 30 points, at most 1.25x allowed \(evidence [\d.]+, [\d.]+ allowed\)$/,
    );
  });

  it('is a breach where green is twice as slow, within a few looks', () => {
    const { verdict, at, reason } = judge(blue, times(green, 2));

    expect(verdict).toBe('breach');
    expect(at).toBeLessThan(10);
    expect(reason).toMatch(/^latencyP95: green stands above blue from look 0 to \d+ /);
  });

  it('finds a regression that begins in the last third of the window', () => {
    const { at, metric } = judge(blue, times(green, 2, 20));

    expect(at).toBeGreaterThanOrEqual(20);
    expect(metric?.evidence).toMatchObject({ since: 20 });
  });

  it('finds three points of thirty that are far beyond all that blue did', () => {
    const spikes = green.with(3, 5000).with(14, 4000).with(22, 4500);
    const { verdict, at, reason } = judge(blue, spikes);

    expect(verdict).toBe('breach');
    expect(at).toBeLessThanOrEqual(22);
    expect(reason).toMatch(/points lie far above all that blue did, up to look \d+/);
  });

  it('does not take one far point for a breach', () => {
    expect(judge(blue, green.with(14, 1e9)).verdict).toBe('healthy-so-far');
  });

  it('does not take far points for a breach that blue has too', () => {
    const spiky = blue.with(5, 4000).with(17, 6000);

    expect(judge(spiky, green.with(3, 5000).with(14, 4000).with(22, 4500)).verdict).toBe(
      'healthy-so-far',
    );
  });

  it('is healthy within its tolerance, and not beyond', () => {
    const slower = times(green, 1.5);

    expect(judge(blue, slower, { tolerance: { ratio: 2 } }).verdict).toBe('healthy-so-far');
    expect(judge(blue, slower, { tolerance: { ratio: 1.1 } }).verdict).toBe('breach');
    expect(judge(blue, slower, { tolerance: { absolute: 100 } }).verdict).toBe('healthy-so-far');
    expect(judge(blue, slower, { tolerance: { absolute: 10 } }).verdict).toBe('breach');
  });

  it('is no breach where it is worse by less than the minimum effect', () => {
    const fast = blue.map((value) => value / 1000);
    const slower = times(fast, 2);

    expect(judge(fast, slower).verdict).toBe('breach');
    expect(judge(fast, slower, { minEffect: 1 }).verdict).toBe('healthy-so-far');
    expect(judge(blue, times(blue, 3), { minEffect: 1 }).verdict).toBe('breach');
  });
});

describe('the direction of a value', () => {
  const fewer = times(green, 0.4);

  it('is an increase if nothing else is said', () => {
    expect(judge(blue, fewer).verdict).toBe('healthy-so-far');
  });

  it('may be a decrease', () => {
    const { verdict, metric, reason } = judge(blue, fewer, { direction: 'decrease' });

    expect(verdict).toBe('breach');
    expect(metric?.direction).toBe('decrease');
    expect(reason).toContain('green stands below blue');
    expect(judge(blue, times(green, 3), { direction: 'decrease' }).verdict).toBe('healthy-so-far');
  });

  it('may be either', () => {
    const either = { direction: 'either' } as const;

    expect(judge(blue, fewer, either).metric?.direction).toBe('decrease');
    expect(judge(blue, times(green, 3), either).metric?.direction).toBe('increase');
    expect(judge(blue, green, either).verdict).toBe('healthy-so-far');
  });

  it('holds for numbers below zero, which a ratio makes no worse', () => {
    const below = blue.map((value) => -value);

    expect(
      judge(
        below,
        green.map((value) => -value),
      ).verdict,
    ).toBe('healthy-so-far');
    expect(
      judge(
        below,
        green.map((value) => -value / 3),
      ).verdict,
    ).toBe('breach');
  });
});

describe('a value that never changes', () => {
  const constant = Array.from({ length: 30 }, () => 5);

  it('is healthy where green is the same', () => {
    expect(judge(constant, constant).verdict).toBe('healthy-so-far');
    expect(judge(constant, constant, { tolerance: { ratio: 1 } }).verdict).toBe('healthy-so-far');
    expect(judge(constant.fill(0), constant).verdict).toBe('healthy-so-far');
  });

  it('does not hide a real rise', () => {
    const risen = Array.from({ length: 30 }, () => 10);

    expect(
      judge(
        risen.map(() => 5),
        risen,
      ).verdict,
    ).toBe('breach');
    expect(
      judge(
        risen.map(() => 0),
        risen,
      ).verdict,
    ).toBe('breach');
  });

  it('has no breach in a burst, where blue did nothing at all', () => {
    const burst = Array.from({ length: 30 }, (_, i) => (i >= 10 && i < 16 ? 1e7 : 0));

    expect(
      judge(
        burst.map(() => 0),
        burst,
      ).verdict,
    ).toBe('healthy-so-far');
  });
});

describe('missing samples of a value', () => {
  it('are skipped and do not count as looks', () => {
    const holes = times(green, 2).flatMap((value) => [null, value]);
    const { verdict, at } = judge(blue, holes);
    const dense = judge(blue, times(green, 2));

    expect(verdict).toBe('breach');
    expect(at).toBe(2 * (dense.at ?? 0) + 1);
  });

  it('are those that are no number too', () => {
    const { verdict, metric } = judge(
      blue,
      green.map((value, i) => (i % 2 ? Number.NaN : value)),
    );

    expect(verdict).toBe('healthy-so-far');
    expect(metric?.evidence).toMatchObject({ points: 15 });
  });

  it('are not enough data where there are no others', () => {
    const { verdict, reason } = judge(
      blue,
      green.map(() => null),
    );

    expect(verdict).toBe('not-enough-data');
    expect(reason).toBe('latencyP95: green has 0 of the 5 points that a verdict needs');
  });

  it('leave too little of blue', () => {
    const { verdict, reason } = judge([...blue.slice(0, 4)], times(green, 9));

    expect(verdict).toBe('not-enough-data');
    expect(reason).toBe('latencyP95: there is no blue to compare with, it needs 5 points');
  });
});

describe('requests behind a value', () => {
  it('are needed for a pass, and not for a breach', () => {
    expect(judge(blue, green, { requests: 99 }).verdict).toBe('not-enough-data');
    expect(judge(blue, green, { requests: 99 }).reason).toContain('99 of the 100 requests');
    expect(judge(blue, green, { requests: 0 }).reason).toBe('latencyP95: green had no requests');
    expect(judge(blue, green, { requests: 100 }).verdict).toBe('healthy-so-far');
    expect(judge(blue, times(green, 3), { requests: 99 }).verdict).toBe('breach');
  });
});

describe('slow drift and the rhythm of a day', () => {
  /** Points of a day in five minutes each; the afternoon has three times the night. */
  const rhythm = (seed: number, from: number, points: number) =>
    latencies(seed, points).map(
      (value, i) => value * (2 + Math.sin((2 * Math.PI * (from + i)) / 288)),
    );
  const before = rhythm(3, 230, 30);
  const after = rhythm(4, 260, 60);

  it('looks like a breach where blue is only known from before', () => {
    expect(judge(before, after, {}, 60).verdict).toBe('breach');
  });

  it('is none where blue is measured at the same time', () => {
    const concurrent = rhythm(5, 260, 60);

    expect(judge({ before, concurrent }, after, {}, 60).verdict).toBe('healthy-so-far');
    expect(judge({ before, concurrent }, times(after, 2, 40), {}, 60).verdict).toBe('breach');
  });

  it('is none where earlier days had it too', () => {
    const earlier = [rhythm(6, 260, 60), rhythm(7, 260, 60)];

    expect(judge({ before, earlier }, after, {}, 60).verdict).toBe('healthy-so-far');
    expect(judge({ before, earlier }, times(after, 3), {}, 60).verdict).toBe('breach');
  });

  it('prefers blue at the same time to earlier days', () => {
    const concurrent = rhythm(5, 260, 60);
    const earlier = [rhythm(6, 260, 60).map((value) => value * 10)];

    expect(judge({ before, concurrent, earlier }, times(after, 3), {}, 60).verdict).toBe('breach');
    expect(judge({ before, earlier }, times(after, 3), {}, 60).verdict).toBe('healthy-so-far');
  });

  it('is slow enough for the tolerance where a value drifts by a tenth', () => {
    const drift = (points: number[], from: number) =>
      points.map((value, i) => value * (1 + (0.1 * (from + i)) / 60));

    expect(judge(drift(blue, 0), drift(green, 30)).verdict).toBe('healthy-so-far');
  });

  it('compares with blue at the same time alone where nothing is known from before', () => {
    const concurrent = latencies(8, 30);

    expect(judge({ before: [], concurrent }, green).verdict).toBe('healthy-so-far');
    expect(judge({ before: [], concurrent }, times(green, 3)).verdict).toBe('breach');
  });
});

describe('autocorrelation of blue', () => {
  it('raises what green has to exceed', () => {
    const sorted = blue.toSorted((a, b) => a - b);
    const thresholdOf = (points: number[]) => {
      const { evidence } = judge(points, green).metric ?? {};
      return evidence && 'threshold' in evidence ? (evidence.threshold ?? 0) : 0;
    };

    expect(thresholdOf(sorted)).toBeGreaterThan(1.5 * thresholdOf(blue));
  });
});
