/** What green is compared with: blue before the shift that is watched, as a release measures it. */
import { describe, expect, it } from 'vitest';
import type { BaselineSeries } from '../../lib/release/document.ts';
import type { MetricPoint, MetricQuery } from '../../lib/signals/signal.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';

const minute = 60_000;
const hour = 60 * minute;
const usual = [1, 1.03, 0.98, 1.01, 0.97, 1.02, 0.99];

/** Requests per minute and latency of the whole service at some moment; the route says whose they are. */
type Service = (atMs: number) => { requests: number; p95: number };

/** A source that measures points of a minute by the traffic that the router gave. */
function measureBy(conductor: TestConductor, service: Service) {
  const queries: MetricQuery[] = [];
  const shareOf = (id: string, atMs: number) => {
    const route = conductor.router.history.findLast((it) => it.atMs <= atMs);
    return route ? (route.weights[id] ?? 0) / 100 : Number(id === blueRef.id);
  };
  const pointsOf = (id: string, { fromMs, toMs }: MetricQuery): MetricPoint[] => {
    const points: MetricPoint[] = [];
    const knownMs = Math.min(toMs, conductor.clock.now() - minute + 1);
    for (let atMs = Math.ceil(fromMs / minute) * minute; atMs < knownMs; atMs += minute) {
      const requests = Math.round(service(atMs).requests * shareOf(id, atMs));
      const noise = usual[(atMs / minute) % usual.length] ?? 1;
      const p95 = service(atMs).p95 * (id === blueRef.id ? noise : 2 - noise);
      const latencyMs = { p50: p95 / 2, p95, p99: p95 * 1.2 };
      const at = new Date(atMs).toISOString();
      points.push({ at, periodSeconds: 60, requests, errors: 0, latencyMs });
    }
    return points;
  };
  conductor.ports.adapters.metrics = () => ({
    settleSeconds: 0,
    async samples(query) {
      queries.push(query);
      return Object.fromEntries(query.environmentIds.map((id) => [id, pointsOf(id, query)]));
    },
  });
  return queries;
}

async function prepare(steps: unknown[], service: Service) {
  const conductor = await createTestConductor({
    manifest: fakeManifest({ cutover: { steps } } as never),
  });
  const startMs = conductor.clock.now();
  const queries = measureBy(conductor, (atMs) => service(atMs - startMs));
  return { conductor, queries };
}

async function baselineOf(conductor: TestConductor, id: string): Promise<BaselineSeries> {
  const { baseline } = (await conductor.ledger.getRelease(id))?.document ?? {};
  if (!baseline || 'latencyPoints' in baseline) throw new Error('there is no baseline');
  return baseline;
}

const drifting: Service = (sinceMs) => ({
  requests: 6000,
  p95: 50 + 40 * Math.min(1, Math.max(0, sinceMs / (4 * hour))),
});

describe('blue in a canary', () => {
  it('is measured before each shift, so that what both sides drifted meanwhile is no breach', async () => {
    const { conductor } = await prepare([{ weight: 5, bake: '4h' }, 100], drifting);
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const { until, p95, requestsPerSecond } = await baselineOf(conductor, id);
    const { watch } = (await conductor.ledger.getRelease(id))?.document ?? {};
    expect(until).toBe(watch?.startedAt);
    expect(p95[0]).toBeGreaterThan(70);
    // Of both sides: blue had 95 of 100.
    expect(requestsPerSecond).toBeGreaterThan(97);
  });

  it('is measured once before each', async () => {
    const { conductor, queries } = await prepare(
      [{ weight: 5, bake: '30m' }, { weight: 50, bake: '10m' }, 100],
      () => ({ requests: 6000, p95: 50 }),
    );
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const { milestones, watch } = (await conductor.ledger.getRelease(id))?.document ?? {};
    const firstMs = Date.parse(milestones?.firstShiftAt ?? '');
    // Half an hour before the second shift there was no time before the first one.
    const before = queries.filter(({ fromMs, toMs }) => fromMs < firstMs && toMs <= firstMs);
    expect(before.map(({ soleEnvironmentId }) => soleEnvironmentId)).toEqual([
      ...[blueRef.id, blueRef.id],
    ]);
    const lastMs = Date.parse(watch?.startedAt ?? '');
    const until = queries.filter(({ fromMs, toMs }) => toMs === lastMs && fromMs === firstMs);
    expect(until.map(({ soleEnvironmentId }) => soleEnvironmentId)).toEqual([undefined]);
  });

  it('is that of before the first shift where it did nothing before the last one', async () => {
    const { conductor } = await prepare([{ weight: 99, bake: '58m' }, 100], (sinceMs) => ({
      requests: sinceMs > 0 ? 20 : 6000,
      p95: 50,
    }));
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const { until } = await baselineOf(conductor, id);
    const { milestones } = (await conductor.ledger.getRelease(id))?.document ?? {};
    expect(until).toBe(milestones?.firstShiftAt);
  });
});

describe('blue that did nothing', () => {
  it('is measured again at the next look: its source may not have known it yet', async () => {
    let isKnown = false;
    const { conductor, queries } = await prepare([100], (sinceMs) => ({
      requests: isKnown || sinceMs > 0 ? 6000 : 0,
      p95: 50,
    }));
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const shiftMs = conductor.clock.now();
    const measured = () => queries.filter(({ toMs }) => toMs === shiftMs).length;
    await conductor.clock.advance(3 * minute + 1000);
    expect(measured()).toBe(3);
    isKnown = true;
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(measured()).toBe(4);
    expect((await baselineOf(conductor, id)).requests.every((it) => it > 0)).toBe(true);
  });
});

describe('a source that cannot tell versions apart', () => {
  /** Blue's own questions of before the first shift of the last release: when, and who had all traffic. */
  async function soleAfter(minutes: number, before: (conductor: TestConductor) => Promise<void>) {
    const { conductor, queries } = await prepare([100], () => ({ requests: 6000, p95: 50 }));
    await conductor.clock.advance(2 * hour);
    await before(conductor);
    const turnMs = conductor.clock.now();
    await conductor.clock.advance(minutes * minute);
    const id = await conductor.release('v3');
    await conductor.reach(id, 'watching');
    const shiftMs = conductor.clock.now();
    queries.length = 0;
    await conductor.clock.advance(minute + 1000);
    return queries
      .filter(({ toMs }) => toMs <= shiftMs)
      .map(({ fromMs, toMs, soleEnvironmentId }) => ({
        fromMin: Math.round((fromMs - turnMs) / minute),
        toMin: Math.round((toMs - turnMs) / minute),
        sole: soleEnvironmentId,
      }));
  }

  it('takes all requests for those of blue since the last release gave it back its traffic', async () => {
    const sole = await soleAfter(10, async (conductor) => {
      const id = await conductor.release();
      await conductor.reach(id, 'watching');
      await conductor.clock.advance(10 * minute);
      await conductor.operations.rollback(id, 'ann', null);
      await conductor.outcomeOf(id);
    });
    expect(sole).toEqual([
      { fromMin: -50, toMin: 0, sole: undefined },
      { fromMin: 0, toMin: 10, sole: blueRef.id },
    ]);
  });

  it('does so since the last release has given it all traffic', async () => {
    const sole = await soleAfter(10, async (conductor) => {
      const id = await conductor.release();
      expect(await conductor.outcomeOf(id)).toBe('completed');
    });
    expect(sole.map(({ fromMin, toMin }) => [fromMin, toMin])).toEqual([
      // Half an hour of window, and a minute until all of it was known.
      [-50, -31],
      [-31, 10],
    ]);
    expect(sole[1]?.sole).toContain('storefront-v2');
  });

  it('does so for all of the time where no release has moved traffic in it', async () => {
    const sole = await soleAfter(10, async () => {});
    expect(sole).toEqual([{ fromMin: -50, toMin: 10, sole: blueRef.id }]);
  });
});
