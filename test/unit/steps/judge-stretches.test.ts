import { describe, expect, it } from 'vitest';
import type { BaselineSeries } from '../../../lib/release/document.ts';
import type { Plan } from '../../../lib/release/plan.ts';
import type { MetricPoint } from '../../../lib/signals/signal.ts';
import { baselineOf, requestsPerSecond, stretchesOf } from '../../../lib/steps/judge/baseline.ts';
import { cut, looksBefore, settledGrid, stretchMs } from '../../../lib/steps/judge/stretches.ts';

const start = Date.UTC(2026, 0, 1);
const second = 1000;

function point(atSeconds: number, changes: Partial<MetricPoint> = {}): MetricPoint {
  return {
    at: new Date(start + atSeconds * second).toISOString(),
    ...{ periodSeconds: 10, requests: 100, errors: 1 },
    latencyMs: { p50: 5, p95: 10, p99: 20 },
    ...changes,
  };
}

/** As much of a plan as counts here. */
function planOf(intervalSeconds: number, ...windows: number[]): Plan {
  const steps = windows.map((windowSeconds) => ({ weightPercent: 100, windowSeconds }));
  return { watch: { intervalSeconds }, steps } as Plan;
}

describe('the length of stretches', () => {
  it.each([
    ['an interval', 60, 1800, 10, 60],
    ['a thirtieth of a short window', 60, 300, 1, 10],
    ['a point of the source, at least', 2, 10, 60, 60],
    ['whole points', 45, 1800, 10, 50],
  ])('is %s', (_, interval, window, period, seconds) => {
    expect(stretchMs(planOf(interval, window), window, period)).toBe(seconds * second);
  });
});

describe('stretches since a shift', () => {
  const timing = { periodMs: 10 * second, settleMs: 5 * second };
  const window = { startedMs: start, endsMs: start + 1800 * second };
  const gridAt = (seconds: number) =>
    settledGrid(window, start + seconds * second, 60 * second, timing);

  it('count when they are over and have settled, one with every interval', () => {
    expect([59, 60, 61, 119, 120, 600].map((it) => gridAt(it).count)).toEqual([0, 1, 1, 1, 2, 10]);
  });

  it('keep their borders whenever they are looked at', () => {
    expect(gridAt(61).fromMs).toBe(gridAt(1000).fromMs);
  });

  it('reach to the end of the window once that has settled, and no further', () => {
    const points = [1740, 1790, 1799, 1800].map((it) => point(it));
    const atEnd = cut(points, gridAt(1814));
    const known = cut(points, gridAt(1815));
    expect([atEnd, known].map((it) => it.length)).toEqual([30, 30]);
    expect([atEnd.at(-1)?.requests, known.at(-1)?.requests]).toEqual([100, 300]);
    expect(gridAt(5000)).toEqual(gridAt(1815));
  });

  it('are one where the window is shorter than a point of the source', () => {
    const short = { startedMs: start, endsMs: start + 30 * second };
    const slow = { periodMs: 60 * second, settleMs: 60 * second };
    const gridOf = (seconds: number) =>
      settledGrid(short, start + seconds * second, 60 * second, slow);
    expect([149, 150].map((it) => gridOf(it).count)).toEqual([0, 1]);
    expect(cut([point(20), point(40)], gridOf(150))[0]?.requests).toBe(100);
  });

  it('leave out what is still running', () => {
    const points = [0, 10, 20, 30, 40, 50].map((it) => point(it));
    expect(cut(points, gridAt(60)).map((it) => it?.requests)).toEqual([500]);
  });

  it('do not count what a clock ahead of ours says of the future', () => {
    expect(cut([point(0), point(4000)], gridAt(120))).toEqual([
      { requests: 100, errors: 1, latencyMs: { p50: 5, p95: 10, p99: 20 } },
      null,
    ]);
  });

  it('weigh latencies by requests, and know none where no point has one', () => {
    const slow = point(10, { requests: 300, latencyMs: { p50: 50, p95: 90, p99: 100 } });
    const [both] = cut([point(0), slow], gridAt(60));
    expect(both?.latencyMs).toEqual({ p50: 38.75, p95: 70, p99: 80 });
    expect(cut([point(0, { latencyMs: null })], gridAt(60))[0]?.latencyMs).toBeNull();
  });

  it('warm up as long as they begin within that time, and not at all without it', () => {
    const grid = gridAt(600);
    expect(grid.fromMs).toBe(start - 15 * second);
    expect([0, 40, 45, 46, 120].map((it) => looksBefore(grid, start, it))).toEqual([0, 1, 1, 2, 3]);
    expect(looksBefore(grid, start)).toBe(0);
  });

  it('are missing where there were no requests', () => {
    expect(cut([point(0, { requests: 0, errors: 0 })], gridAt(120))).toEqual([null, null]);
  });
});

describe('blue before the shift', () => {
  const shiftMs = start + 1800 * second;
  const shift = { atMs: shiftMs, windowSeconds: 1800 };
  const plan = planOf(60, 1800);

  it('is at most 60 stretches, and comes back as it was but for digits', () => {
    const points = Array.from({ length: 400 }, (_, i) => point(1800 - 4000 + i * 10));
    const baseline = baselineOf(plan, [points], shift);
    expect(stretchesOf(baseline)).toHaveLength(60);
    expect(stretchesOf(baseline)[0]).toEqual({
      ...{ requests: 600, errors: 6 },
      latencyMs: { p50: 5, p95: 10, p99: 20 },
    });
    expect(requestsPerSecond(baseline)).toBe(10);
  });

  it('has nothing of the time after it, nor of a point that reaches beyond', () => {
    const points = [point(1780), point(1795), point(1800)];
    const baseline = baselineOf(plan, [points], shift);
    expect(baseline.requests.reduce((sum, it) => sum + it, 0)).toBe(100);
  });

  it('has stretches as long as those of the window that follows', () => {
    const short = { atMs: shiftMs, windowSeconds: 300 };
    const both = planOf(60, 300, 1800);
    expect(baselineOf(both, [[point(1790)]], short).stretchSeconds).toBe(10);
    expect(baselineOf(both, [[point(1790)]], shift).stretchSeconds).toBe(60);
  });

  it('reaches back half an hour before a short window too, with latencies of stretches as short', () => {
    const points = Array.from({ length: 1800 }, (_, i) => {
      const latencyMs = { p50: i, p95: i, p99: i };
      return point(i, { periodSeconds: 1, requests: 10, errors: 1, latencyMs });
    });
    const minute = { atMs: shiftMs, windowSeconds: 60 };
    const baseline = baselineOf(planOf(60, 60, 1800), [points], minute);
    expect(baseline.requests).toEqual(Array.from({ length: 60 }, () => 300));
    expect(baseline.p95.slice(0, 2)).toEqual([28.5, 58.5]);
    const fresh = baselineOf(planOf(60, 60, 1800), [points.slice(-20)], minute);
    expect(fresh.requests.filter((it) => it > 0)).toHaveLength(10);
  });

  it('knows how many requests both sides had together', () => {
    const both = [[point(0), point(1790)], [point(1780)]];
    expect(requestsPerSecond(baselineOf(plan, both, shift))).toBeCloseTo(300 / 3600, 6);
  });

  it('is nothing where there was no traffic', () => {
    const baseline: BaselineSeries = baselineOf(plan, [], shift);
    expect(stretchesOf(baseline).every((it) => it === null)).toBe(true);
    expect(requestsPerSecond(baseline)).toBe(0);
  });

  it('is many equal points where an older document has only the middle', () => {
    const summary = { ...{ requests: 1000, errors: 10, latencyPoints: 200 } };
    const latencyMs = { p50: 5, p95: 10, p99: 20 };
    const stretches = stretchesOf({ ...summary, latencyMs });
    expect(stretches).toHaveLength(60);
    expect(stretches.reduce((sum, it) => sum + (it?.requests ?? 0), 0)).toBeCloseTo(1000);
    expect(stretchesOf({ requests: 0, errors: 0, latencyPoints: 0, latencyMs: null })).toEqual([]);
    expect(stretchesOf({ ...summary, latencyPoints: 0, latencyMs: null })).toEqual([
      { requests: 1000, errors: 10, latencyMs: null },
    ]);
  });
});
