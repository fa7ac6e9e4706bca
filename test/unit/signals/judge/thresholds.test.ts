import { describe, expect, it } from 'vitest';
import { rankTuning } from '../../../../lib/signals/judge/rank-cusum.ts';
import { rankThresholds } from '../../../../lib/signals/judge/rank-thresholds.ts';
import { judgeRate } from '../../../../lib/signals/judge/rate-metric.ts';
import { judgeValue } from '../../../../lib/signals/judge/value-metric.ts';
import { drawPoisson } from '../../../../scripts/judge/poisson.ts';
import { seededRandom } from '../../../../scripts/judge/random.ts';
import { simulateMaxima, upperQuantile } from '../../../../scripts/judge/simulate.ts';

describe('the thresholds of the rank CUSUM', () => {
  it.each([
    [12, 12],
    [30, 30],
    [60, 20],
  ])('are what simulated windows exceed, for %i points and %i looks', (points, looks) => {
    const { allowance, thresholdOf } = rankTuning;
    const [maxima] = simulateMaxima(points, [looks], 10_000, allowance, seededRandom(1));

    for (const level of [0.1, 0.05, 0.01]) {
      const simulated = upperQuantile(maxima ?? new Float64Array(), level);
      expect(Math.abs(thresholdOf(points, looks, level) / simulated - 1)).toBeLessThan(0.06);
    }
  });

  it.each([
    [17, 45, 0.04],
    [40, 25, 0.015],
  ])(
    'are right between the simulated ones, for %i points, %i looks and %d',
    (points, looks, level) => {
      const { allowance, thresholdOf } = rankTuning;
      const [maxima] = simulateMaxima(points, [looks], 10_000, allowance, seededRandom(2));
      const simulated = upperQuantile(maxima ?? new Float64Array(), level);

      expect(Math.abs(thresholdOf(points, looks, level) / simulated - 1)).toBeLessThan(0.06);
    },
  );

  it('rise with more looks and a smaller level, and fall with more points of blue', () => {
    const { baselinePoints, looks, levels } = rankThresholds;
    const { thresholdOf } = rankTuning;
    const isRising = (values: number[]) => values.every((it, i) => it >= (values[i - 1] ?? 0));

    for (const level of levels) {
      expect(isRising(looks.map((it) => thresholdOf(30, it, level)))).toBe(true);
      const byPoints = baselinePoints
        .filter((it) => it >= 8)
        .map((it) => thresholdOf(it, 30, level));
      // Few windows are so rare that the last digit is chance.
      expect(isRising(byPoints.toReversed().map((it) => Math.round(it * 10)))).toBe(true);
    }
    expect(isRising(levels.map((level) => thresholdOf(30, 30, level)))).toBe(true);
  });

  it('keep false alarms of exchangeable points without tolerance at the level', () => {
    const random = seededRandom(5);
    const draw = () => Array.from({ length: 30 }, () => Math.round(random() * 1e9));
    const windows = 1500;
    let alarms = 0;
    for (let window = 0; window < windows; window += 1) {
      const tolerance = { absolute: 0 };
      const baseline = { before: draw() };
      const [finding] = judgeValue(
        { kind: 'value', name: 'v', tolerance, baseline, candidate: draw() },
        30,
        0.08,
      );
      if (finding?.at !== null) alarms += 1;
    }

    expect(alarms / windows).toBeLessThan(0.08);
    expect(alarms / windows).toBeGreaterThan(0.01);
  });
});

describe('the e-process of a rate', () => {
  it.each([
    [0.3, 20],
    [3, 20],
    [200, 20],
    [3, 1],
  ])(
    'keeps false alarms below 1 % where green uses up its tolerance: %d errors per look, %i looks of blue',
    (mean, before) => {
      const random = seededRandom(6);
      const requests = 10_000;
      const draw = (looks: number, factor: number) =>
        Array.from({ length: looks }, () => ({
          errors: drawPoisson(mean * factor, random),
          requests,
        }));
      const windows = 600;
      let alarms = 0;
      for (let window = 0; window < windows; window += 1) {
        const baseline = { before: draw(before, 1) };
        const [finding] = judgeRate(
          {
            kind: 'rate',
            name: 'r',
            tolerance: { ratio: 1.5 },
            floor: 0,
            baseline,
            candidate: draw(20, 1.5),
          },
          20,
          0.01,
        );
        if (finding?.at !== null) alarms += 1;
      }

      expect(alarms / windows).toBeLessThanOrEqual(0.01);
    },
  );
});
