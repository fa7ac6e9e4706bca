import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areaPath,
  largest,
  lastMeasured,
  linear,
  linePath,
  niceCeiling,
} from '../../../console/charts/scale.ts';
import { chartInWords, chartsOf, rangeOf, within } from '../../../console/charts/series.ts';
import { watchProgress } from '../../../console/model/watch.ts';
import type { MeasuredPoint } from '../../../console/types.ts';
import { at } from './fixtures.ts';

const same = (value: number) => value;

describe('a scale', () => {
  it('maps one range onto another', () => {
    const scale = linear([0, 10], [100, 0]);

    expect([scale(0), scale(5), scale(10)]).toEqual([100, 50, 0]);
    expect(linear([3, 3], [7, 9])(3)).toBe(7);
  });

  it('ends at a round number that holds every value', () => {
    expect([0, 0.011, 1, 42, 50, 51].map(niceCeiling)).toEqual([1, 0.02, 1, 50, 50, 100]);
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (value) => {
        const top = niceCeiling(value);
        expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(top).toBeLessThanOrEqual(value * 10);
      }),
    );
  });
});

describe('a line', () => {
  const samples = [1, 2, null, 4].map((value, i) => ({ at: i, value }));

  it('pauses where nothing was measured', () => {
    expect(linePath(samples, same, same)).toBe('M0 1L1 2M3 4');
  });

  it('has a surface under each stretch that is longer than a point', () => {
    expect(areaPath(samples, same, same)).toBe('M0 1L1 2L1 0L0 0Z');
  });

  it('knows its largest and its last value', () => {
    expect(largest([samples, []])).toBe(4);
    expect(lastMeasured(samples)).toEqual({ at: 3, value: 4 });
    expect(lastMeasured([{ at: 0, value: null }])).toBeNull();
  });
});

describe('the charts of a release', () => {
  const point = (seconds: number, requests: number, errors: number): MeasuredPoint => ({
    at: at(seconds),
    requests,
    errors,
    latencyMs: requests > 0 ? { p50: 5, p95: 12.5, p99: 30 } : null,
  });
  const charts = chartsOf({
    from: at(0),
    to: at(60),
    periodSeconds: 10,
    blue: [point(0, 100, 1), point(10, 0, 0), point(50, 100, 0)],
    green: [],
    marks: [],
    unavailable: null,
  });
  const values = (key: string) =>
    charts.find((chart) => chart.key === key)?.blue.map(({ value }) => value);

  it('have rates, and requests per second whatever the period', () => {
    expect(values('errorRate')?.slice(0, 2)).toEqual([0.01, null]);
    expect(values('requests')?.slice(0, 2)).toEqual([10, 0]);
  });

  it('draw no line across a time without points, and none is no request', () => {
    expect(values('latencyP95')).toEqual([12.5, null, null, null, 12.5]);
    expect(values('requests')).toEqual([10, 0, 0, 0, 10]);
  });

  it('say in words what they show', () => {
    expect(charts.map(chartInWords)).toEqual([
      'Error rate: blue 0 %, green no data at last.',
      'p95 latency: blue 13 ms, green no data at last.',
      'Requests: blue 10 /s, green no data at last.',
    ]);
  });
});

describe('the time that charts show', () => {
  const metrics = (shift: number | null, to: number) => ({
    from: at(-900),
    to: at(to),
    periodSeconds: 1,
    blue: [],
    green: [],
    marks: shift === null ? [] : [{ at: at(shift), kind: 'shift' as const, label: '' }],
    unavailable: null,
  });
  const seconds = (range: readonly [number, number]) =>
    range.map((ms) => (ms - Date.parse(at(0))) / 1000);

  it('has as much before the first shift as after it, but half a minute at least', () => {
    expect(seconds(rangeOf(metrics(0, 120)))).toEqual([-120, 120]);
    expect(seconds(rangeOf(metrics(0, 1)))).toEqual([-30, 1]);
    expect(seconds(rangeOf(metrics(0, 5000)))).toEqual([-900, 5000]);
    expect(seconds(rangeOf(metrics(null, 60)))).toEqual([-900, 60]);
  });

  it('holds every line', () => {
    const [chart] = chartsOf({ ...metrics(0, 60), green: [] });
    const wide = [-100, 0, 50, 100].map((it) => ({ at: it, value: 1 }));
    const cut = chart && within({ ...chart, blue: wide }, [0, 60]);

    expect(cut?.blue.map((sample) => sample.at)).toEqual([0, 50]);
  });
});

describe('a watch window', () => {
  it('goes from nothing to all of it, whatever the clocks say', () => {
    const watch = { startedAt: at(0), endsAt: at(100) };
    const percents = [-50, 25, 500].map((seconds) => {
      const { percent, leftMs } = watchProgress(watch, Date.parse(at(seconds)));
      return [percent, leftMs];
    });

    expect(percents).toEqual([
      [0, 100_000],
      [25, 75_000],
      [100, 0],
    ]);
  });
});
