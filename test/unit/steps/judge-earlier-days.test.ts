import { describe, expect, it } from 'vitest';
import type { WatchState } from '../../../lib/release/document.ts';
import type { Plan } from '../../../lib/release/plan.ts';
import type { MetricPoint } from '../../../lib/signals/signal.ts';
import {
  atTheHourOf,
  hoursOfGreen,
  keptDays,
  liveDays,
  onEarlierDays,
  type Span,
} from '../../../lib/steps/judge/earlier-days.ts';

const shiftMs = Date.UTC(2026, 0, 8, 12);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const plenty = 100_000;

/** As much of a plan as counts here. */
function planOf(
  steps: [weightPercent: number, windowMinutes: number][],
  compare: Plan['watch']['compare'] = { latencyP95: { maxRatio: 1.5 } },
): Plan {
  return {
    watch: { intervalSeconds: 60, compare },
    steps: steps.map(([weightPercent, minutes]) => ({
      weightPercent,
      windowSeconds: minutes * 60,
    })),
    readyWithinSeconds: 300,
  } as Plan;
}

const plain = planOf([[100, 30]]);
const everything = {
  errorRate: { maxRatio: 2 },
  latencyP50: { maxRatio: 2 },
  latencyP95: { maxRatio: 2 },
  latencyP99: { maxRatio: 2 },
};

/** The first window, which begins a second after its shift. */
function windowOf(plan: Plan): WatchState {
  const startedMs = shiftMs + 1000;
  const endsMs = startedMs + (plan.steps[0]?.windowSeconds ?? 0) * 1000;
  const at = (ms: number) => new Date(ms).toISOString();
  const times = { startedAt: at(startedMs), endsAt: at(endsMs) };
  return { stepIndex: 0, ...times, nextLookSeconds: 60, looks: 0, isClosed: false };
}

/** Minutes since the first shift. */
const minutesOf = ({ fromMs, toMs }: Span) => [
  (fromMs - shiftMs) / minute,
  Math.round((toMs - shiftMs) / minute),
];

/** Points of ten seconds in a span; figures that take as many bytes as figures can. */
function points({ fromMs, toMs }: Span, requests = 123_456): MetricPoint[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / 10_000) }, (_, i) => {
    const p95 = 10.123 + ((i * 7919) % 1000) / 100;
    return {
      at: new Date(fromMs + i * 10_000).toISOString(),
      ...{ periodSeconds: 10, requests, errors: 1234 },
      latencyMs: { p50: p95 / 3, p95, p99: p95 * 10.01 },
    };
  });
}

function measured(plan: Plan, days: number) {
  const hours = hoursOfGreen(plan, windowOf(plan), shiftMs);
  const spans = onEarlierDays(hours, shiftMs, days);
  return { hours, days: spans.map((span) => ({ span, points: points(span) })) };
}

function kept(plan: Plan, days: number, roomBytes = plenty) {
  const { hours, days: all } = measured(plan, days);
  return keptDays(plan, hours, liveDays(plan, hours, all), roomBytes);
}

const window30 = { fromMs: shiftMs + 1000, toMs: shiftMs + 1000 + 30 * minute };

describe('the hours that are looked up', () => {
  it.each<[string, [number, number][], number[]]>([
    ['from the first shift to the end of the window', [[100, 30]], [0, 30]],
    [
      'of the last window, however long later shifts take to get ready',
      [
        [10, 20],
        [50, 20],
        [100, 30],
      ],
      [40, 80],
    ],
    ['no more than a day', [[100, 14 * 24 * 60]], [0, 24 * 60]],
  ])('are %s', (_, steps, expected) => {
    const plan = planOf(steps);
    const [from = 0, to] = minutesOf(hoursOfGreen(plan, windowOf(plan), shiftMs));
    expect([Math.round(from), to]).toEqual(expected);
  });

  it('are whole days earlier, and over when traffic moves', () => {
    const hours = hoursOfGreen(plain, windowOf(plain), shiftMs);
    expect(onEarlierDays(hours, shiftMs, 2).map(({ fromMs }) => shiftMs - fromMs)).toEqual([
      day,
      2 * day,
    ]);
    const late = { fromMs: shiftMs + 47 * hour, toMs: shiftMs + 48 * hour + 30 * minute };
    const [nearest] = onEarlierDays(late, shiftMs, 1);
    expect(nearest).toEqual({ fromMs: late.fromMs - 3 * day, toMs: late.toMs - 3 * day });
    const whole = { fromMs: shiftMs, toMs: shiftMs + day };
    expect(onEarlierDays(whole, shiftMs, 1)[0]?.toMs).toBe(shiftMs);
  });
});

describe('a day that counts', () => {
  it.each([
    ['has half of its stretches', 15, 1],
    ['is none with fewer', 14, 0],
    ['is none without a point', 0, 0],
  ])('%s', (_, minutes, count) => {
    const { hours, days } = measured(plain, 1);
    const [only] = days;
    const until = (only?.span.fromMs ?? 0) + minutes * minute;
    const some = only?.points.filter(({ at }) => Date.parse(at) < until) ?? [];
    const live = liveDays(plain, hours, [{ span: only?.span ?? hours, points: some }]);
    expect(live.days).toHaveLength(count);
  });

  it('is none where points are longer than the hours', () => {
    const plan = planOf([[100, 5]]);
    const { hours, days } = measured(plan, 1);
    const long = days.map(({ span, points: [first] }) => ({
      span,
      points: first ? [{ ...first, periodSeconds: 600 }] : [],
    }));
    expect(liveDays(plan, hours, long).days).toEqual([]);
  });

  it('has stretches as long as those of the window', () => {
    const { hours, days } = measured(plain, 2);
    const { lengthMs, days: all } = liveDays(plain, hours, days);
    expect(lengthMs).toBe(minute);
    // The window ends a second after the thirtieth.
    expect(all.map((it) => it.length)).toEqual([30, 30]);
  });
});

describe('what is kept', () => {
  it('is what is compared, in four digits', () => {
    const day = kept(plain, 1)?.days[0];
    expect(Object.keys(day ?? {})).toEqual(['p95']);
    expect(day?.p95?.every((it) => String(it).replace('.', '').length <= 4)).toBe(true);
    expect(Object.keys(kept(planOf([[100, 30]], everything), 1)?.days[0] ?? {})).toEqual([
      ...['requests', 'errors', 'p50', 'p95', 'p99'],
    ]);
  });

  it('is every stretch of a window of half an hour, of two metrics on seven days', () => {
    const two = { errorRate: { maxRatio: 2 }, latencyP95: { maxRatio: 2 } };
    const days = kept(planOf([[100, 30]], two), 7);
    expect(days).toMatchObject({ stretchSeconds: 60, everySeconds: 60 });
    expect(days?.days.map(({ p95 }) => p95?.length)).toEqual(Array(7).fill(30));
  });

  it('is every so many stretches of a longer one, which stay as long as they are', () => {
    const days = kept(planOf([[100, 12 * 60]]), 1);
    expect(days).toMatchObject({ stretchSeconds: 60, everySeconds: 720 });
    expect(days?.days[0]?.p95).toHaveLength(60);
  });

  it.each([1, 3, 7])('is at most 6 KB, with the longest windows on %s days', (count) => {
    const longest = planOf([[100, 14 * 24 * 60]], everything);
    const days = kept(longest, count);
    expect(days?.days).toHaveLength(count);
    expect(JSON.stringify(days).length).toBeLessThanOrEqual(6144);
    expect(days?.days[0]?.p99?.length).toBeGreaterThan(20);
  });

  it('is less where the document has less room, and nothing where it has none', () => {
    const some = kept(plain, 7, 1000);
    expect(JSON.stringify(some).length).toBeLessThanOrEqual(1000);
    expect(some?.days).toHaveLength(7);
    expect(kept(plain, 7, 100)).toBeNull();
  });

  it('is nothing where no day counts', () => {
    const { hours } = measured(plain, 1);
    expect(keptDays(plain, hours, { lengthMs: minute, days: [] }, plenty)).toBeNull();
  });
});

describe('the hour of a window', () => {
  it('has each of its stretches again, as they were but for digits', () => {
    const days = kept(planOf([[100, 30]], everything), 2);
    const found = days ? atTheHourOf(days, window30) : [];
    expect(found.map((it) => it.length)).toEqual([30, 30]);
    expect(found[0]?.[0]).toEqual({
      ...{ requests: 740_700, errors: 7404 },
      latencyMs: { p50: days?.days[0]?.p50?.[0], p95: expect.any(Number), p99: expect.any(Number) },
    });
  });

  it('is that of the day, whichever day it is', () => {
    const days = kept(plain, 1);
    const later = { fromMs: window30.fromMs + 3 * day, toMs: window30.toMs + 3 * day };
    expect(days && atTheHourOf(days, later)).toEqual(days && atTheHourOf(days, window30));
  });

  it('is a part of the hours where there are several windows', () => {
    const canary = planOf([
      [10, 20],
      [50, 20],
      [100, 30],
    ]);
    const days = kept(canary, 1);
    const last = { fromMs: shiftMs + 45 * minute, toMs: shiftMs + 75 * minute };
    // Stretches of a minute, as the last window has them.
    expect(days && atTheHourOf(days, last)[0]?.length).toBe(31);
    expect(days && atTheHourOf(days, window30)).toEqual([]);
  });

  it('is unknown to a release that was held for hours', () => {
    const days = kept(plain, 1);
    const later = { fromMs: window30.fromMs + 5 * hour, toMs: window30.toMs + 5 * hour };
    expect(days && atTheHourOf(days, later)).toEqual([]);
  });

  it('has nothing where blue did nothing', () => {
    const days = kept(plain, 1);
    const [first] = days?.days ?? [];
    const gap =
      days && first ? { ...days, days: [{ p95: [null, ...(first.p95 ?? []).slice(1)] }] } : null;
    expect(gap && atTheHourOf(gap, window30)[0]?.slice(0, 2)).toEqual([
      null,
      { requests: 0, errors: 0, latencyMs: { p95: first?.p95?.[1] } },
    ]);
  });

  it('is the whole day for a window that is longer', () => {
    const days = kept(planOf([[100, 48 * 60]]), 1);
    const long = { fromMs: shiftMs + 1000, toMs: shiftMs + 48 * hour };
    const [found] = days ? atTheHourOf(days, long) : [];
    expect(found?.length).toBeGreaterThanOrEqual((days?.days[0]?.p95?.length ?? 0) - 1);
  });
});
