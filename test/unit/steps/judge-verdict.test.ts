import { describe, expect, it } from 'vitest';
import type { Comparisons } from '../../../lib/release/comparison.ts';
import type { Stretch } from '../../../lib/steps/judge/stretches.ts';
import { compareSides } from '../../../lib/steps/judge/verdict.ts';

/** The demo's: seconds of a window of ten, and blue's since it went live. */
const demo = { lookSeconds: 1, plannedLooks: 10, beside: [] };
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

const ask = (before: Stretch[], green: (Stretch | null)[], beside: Stretch[] = []) =>
  compareSides(
    {
      ...{ intervalSeconds: 1, alarms: [], alreadyFiring: 'refuse', minRequests: 100 },
      compare,
    },
    { ...demo, before, green, beside },
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

  it('is preferred while it has enough requests', () => {
    expect(ask(before, failing(120)).verdict).toBe('breach');
    expect(ask(before, failing(120), failing(120)).verdict).toBe('healthy');
  });

  it('is not where only stragglers are left', () => {
    expect(ask(before, failing(120), failing(9)).verdict).toBe('breach');
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
