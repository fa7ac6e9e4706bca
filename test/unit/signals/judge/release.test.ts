import { describe, expect, it } from 'vitest';
import { judgeRelease } from '../../../../lib/signals/judge/judge-release.ts';
import type { MetricQuestion, ValueMetric } from '../../../../lib/signals/judge/question.ts';
import { failures, latencies } from '../../../support/series.ts';

const before = latencies(1, 30);

function value(name: string, factor: number, differs: Partial<ValueMetric> = {}): ValueMetric {
  const candidate = latencies(2, 30).map((it) => it * factor);
  const tolerance = { ratio: 1.25 };
  return { kind: 'value', name, tolerance, baseline: { before }, candidate, ...differs };
}

const judge = (metrics: MetricQuestion[]) => judgeRelease({ metrics, plannedLooks: 30 });

describe('several metrics', () => {
  it('are a breach where one that is critical is, at its look and with its words alone', () => {
    const { verdict, at, reason, metrics } = judge([value('a', 1), value('b', 3)]);

    expect(verdict).toBe('breach');
    expect(at).toBe(metrics[1]?.at);
    expect(reason).toBe(metrics[1]?.reason);
    expect(metrics.map((it) => it.verdict)).toEqual(['healthy-so-far', 'breach']);
  });

  it('are a breach at the first look at which one is', () => {
    const { at, metrics } = judge([value('a', 2), value('b', 9)]);

    expect(at).toBe(Math.min(...metrics.map((it) => it.at ?? 99)));
  });

  it('are not enough data where one that is critical has too little', () => {
    const { verdict, reason } = judge([value('a', 1), value('b', 1, { candidate: [1] })]);

    expect(verdict).toBe('not-enough-data');
    expect(reason).toContain('b: green has 1 of the 5 points');
    expect(judge([value('a', 1), value('b', 1, { candidate: [1], critical: false })]).verdict).toBe(
      'healthy-so-far',
    );
  });

  it('are nothing to compare where there are none', () => {
    expect(judge([])).toEqual({
      verdict: 'healthy-so-far',
      at: null,
      reason: 'nothing to compare',
      metrics: [],
    });
  });

  it('share the allowed false alarms by weight', () => {
    const alone = judge([value('a', 1)]).metrics[0]?.evidence;
    const [heavy, light] = judge([
      value('a', 1, { weight: 3 }),
      value('b', 1, { weight: 1 }),
    ]).metrics.map((it) => it.evidence);
    const thresholds = [alone, heavy, light].map((it) =>
      it && 'threshold' in it ? it.threshold : 0,
    );

    expect(thresholds).toEqual(thresholds.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(new Set(thresholds).size).toBe(3);
  });

  it('share them among values and among rates, each kind its own', () => {
    const rate: MetricQuestion = {
      kind: 'rate',
      name: 'errorRate',
      tolerance: { ratio: 2 },
      baseline: { before: failures(3, 30, 1000, 0.01) },
      candidate: failures(4, 30, 1000, 0.01),
    };
    const [alone] = judge([value('a', 1)]).metrics;
    const [beside, errors] = judge([value('a', 1), rate]).metrics;

    expect(beside).toEqual(alone);
    expect(errors?.evidence).toMatchObject({ logThreshold: expect.closeTo(Math.log(100)) });
  });
});

describe('metrics that are not critical', () => {
  const warning = (name: string, weight = 1) => value(name, 3, { critical: false, weight });

  it('only warn where one of them is a breach', () => {
    const { verdict, metrics } = judge([warning('a', 9), value('b', 1)]);

    expect(verdict).toBe('healthy-so-far');
    expect(metrics[0]?.verdict).toBe('breach');
  });

  it('are a breach together where they have half of all weight, at the look of the last', () => {
    const { verdict, at, metrics } = judge([
      warning('a'),
      warning('b'),
      value('c', 1, { weight: 2 }),
    ]);

    expect(verdict).toBe('breach');
    expect(at).toBe(Math.max(...metrics.map((it) => it.at ?? 0)));
  });

  it('are none together where they have less', () => {
    expect(judge([warning('a'), warning('b'), value('c', 1, { weight: 3 })]).verdict).toBe(
      'healthy-so-far',
    );
  });
});
