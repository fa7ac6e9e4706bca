import { describe, expect, it } from 'vitest';
import type { Comparisons } from '../../../lib/release/comparison.ts';
import type { Stretch } from '../../../lib/steps/judge/stretches.ts';
import { compareSides, type Sides } from '../../../lib/steps/judge/verdict.ts';

/** The demo's: seconds of a window of ten, and blue's since it went live. */
const demo = {
  ...{ lookSeconds: 1, plannedLooks: 10, beside: [] },
  ...{ weightPercent: 100, usualRequests: 120, warmUpLooks: 0 },
};
const compare: Comparisons = { errorRate: { maxRatio: 2 }, latencyP95: { maxRatio: 2 } };

/** Park and Miller's generator: numbers from 0 to 1. */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Seconds of 120 requests whose p95 lies a third around its middle, in milliseconds. */
function seconds(count: number, middle: number, chance: () => number): Stretch[] {
  return Array.from({ length: count }, () => {
    const p95 = middle * (1 + (chance() - 0.5) * (2 / 3));
    return { requests: 120, errors: 0, latencyMs: { p50: p95 / 2, p95, p99: p95 * 1.2 } };
  });
}

const ask = (
  before: Stretch[],
  green: (Stretch | null)[],
  beside: Stretch[] = [],
  changes: Partial<Sides> = {},
) =>
  compareSides(
    {
      ...{ intervalSeconds: 1, alarms: [], alreadyFiring: 'refuse', minRequests: 100 },
      compare,
    },
    { ...demo, before, green, beside, ...changes },
  );

describe("the demo's versions", () => {
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1);

  it('are found by their fourth second, mostly, where they are five times slower', () => {
    const foundAt = seeds.map((seed) => {
      const chance = createChance(seed * 7919);
      const before = seconds(14, 42, chance);
      const green = seconds(10, 210, chance);
      return green.findIndex((_, i) => ask(before, green.slice(0, i + 1)).verdict === 'breach') + 1;
    });
    const sorted = foundAt.toSorted((a, b) => a - b);
    expect(sorted[0]).toBeGreaterThan(1);
    expect(sorted[100]).toBeLessThanOrEqual(4);
    expect(sorted.at(-1)).toBeLessThanOrEqual(6);
  });

  it('are kept where they are as fast as the one before', () => {
    const breaches = seeds.filter((seed) => {
      const chance = createChance(seed * 104_729);
      return ask(seconds(14, 42, chance), seconds(10, 42, chance)).verdict === 'breach';
    });
    expect(breaches).toEqual([]);
  });
});

describe('blue beside green', () => {
  const chance = createChance(42);
  const before = seconds(30, 42, chance);
  const failing = (requests: number) =>
    seconds(10, 42, chance).map((it) => ({ ...it, requests, errors: Math.ceil(requests / 20) }));

  it('is preferred while the route gives it traffic', () => {
    const canary = { weightPercent: 50 };
    expect(ask(before, failing(120)).verdict).toBe('breach');
    expect(ask(before, failing(120), failing(120), canary).verdict).toBe('healthy');
    expect(ask(before, failing(120), failing(20), canary).verdict).toBe('healthy');
    expect(ask(before, failing(120), failing(9), canary).verdict).toBe('breach');
  });

  it('is after a cutover too, while a fifth of the traffic has not followed', () => {
    expect(ask(before, failing(120), failing(24)).verdict).toBe('healthy');
    expect(ask(before, failing(120), failing(23)).verdict).toBe('breach');
    expect(ask(before, failing(120), failing(120), { usualRequests: 0 }).verdict).toBe('breach');
  });

  it('is not where only stragglers and probes are left, however many come in a window', () => {
    const probes = seconds(30, 3, chance).map((it) => ({ ...it, requests: 20 }));
    const window = { plannedLooks: 30 };
    expect(ask(before, seconds(30, 42, chance), probes, window).verdict).toBe('healthy');
  });

  it('is what it was at a look, whatever it is later', () => {
    const bad = failing(120);
    const found = (looks: number, beside: Stretch[]) =>
      ask(before, bad.slice(0, looks), beside.slice(0, looks)).verdict;
    const late = [...failing(10).slice(0, 5), ...failing(120).slice(5)];
    expect(found(5, late)).toBe('breach');
    expect(found(10, late)).toBe('breach');
  });
});

describe('green that warms up', () => {
  const chance = createChance(11);
  const before = seconds(30, 42, chance);
  const cold = [...seconds(4, 210, chance), ...seconds(6, 42, chance)];
  const compared = (green: Stretch[], warmUpLooks: number) =>
    ask(before, green, [], { warmUpLooks }).verdict;

  it('is not judged by its first latencies where the manifest says so', () => {
    expect(compared(cold, 0)).toBe('breach');
    expect(compared(cold, 4)).toBe('healthy');
    expect(compared(cold.slice(0, 4), 4)).toBe('not-enough-data');
  });

  it('is by those that stay bad, and by its errors from the beginning', () => {
    expect(compared(seconds(10, 210, chance), 4)).toBe('breach');
    const failing = cold.slice(0, 2).map((it) => ({ ...it, errors: 60 }));
    expect(compared(failing, 4)).toBe('breach');
  });
});

describe('nothing to compare', () => {
  it('is healthy, and says so', () => {
    const watch = { intervalSeconds: 1, alarms: [], minRequests: 100, compare: {} };
    const sides = { ...demo, before: [], green: [] };
    expect(compareSides({ ...watch, alreadyFiring: 'refuse' }, sides)).toEqual({
      ...{ verdict: 'healthy', reason: 'nothing to compare', lookSeconds: null, metrics: [] },
    });
  });
});
