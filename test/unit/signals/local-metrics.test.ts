import { describe, expect, it } from 'vitest';
import {
  createLocalMetrics,
  type ObservedRequest,
  rememberedEnvironments,
  unroutedId,
} from '../../../lib/signals/local-metrics/metrics.ts';

const start = Date.UTC(2026, 0, 1);

function prepare() {
  let now = start;
  const metrics = createLocalMetrics({ clock: { now: () => now } });
  const record = (request: Partial<ObservedRequest> = {}) =>
    metrics.record({
      service: 'shop',
      environmentId: 'blue',
      status: 200,
      latencyMs: 10,
      outcome: 'answered',
      ...request,
    });
  const samples = (environmentIds: string[], fromMs = start, toMs = now + 1) =>
    metrics.samples('shop', { environmentIds, fromMs, toMs });
  return {
    metrics,
    record,
    samples,
    at(seconds: number) {
      now = start + seconds * 1000;
    },
  };
}

describe('local metrics', () => {
  it('gives one point per second with requests and none for the seconds between', () => {
    const { record, samples, at } = prepare();
    record();
    at(2.5);
    record({ status: 500 });
    record({ status: 404 });
    expect(samples(['blue', 'green'])).toEqual({
      blue: [
        expect.objectContaining({ at: '2026-01-01T00:00:00.000Z', requests: 1, errors: 0 }),
        expect.objectContaining({ at: '2026-01-01T00:00:02.000Z', requests: 2, errors: 1 }),
      ],
      green: [],
    });
  });

  it('gives only points that begin in the time asked for', () => {
    const { record, samples, at } = prepare();
    for (const second of [0, 1, 2, 3]) {
      at(second);
      record();
    }
    const points = samples(['blue'], start + 500, start + 3000).blue ?? [];
    expect(points.map((point) => point.at.slice(17, 19))).toEqual(['01', '02']);
  });

  it('keeps an hour and no more', () => {
    const { record, samples, at } = prepare();
    record();
    at(3599);
    record();
    expect(samples(['blue']).blue).toHaveLength(2);
    at(3600);
    record();
    const points = samples(['blue']).blue ?? [];
    expect(points.map((point) => point.requests)).toEqual([1, 1]);
    expect(points[0]?.at).toBe('2026-01-01T00:59:59.000Z');
  });

  it('knows nothing of earlier days', () => {
    const { record, samples, at } = prepare();
    record();
    at(86_400);
    record();
    expect(samples(['blue'], start - 1000, start + 1000).blue).toEqual([]);
  });

  it('tells failures of an environment from those of a switch', () => {
    const { metrics, record, samples } = prepare();
    record();
    record({ status: 500 });
    record({ status: 502, outcome: 'side-failed' });
    record({ status: 200, outcome: 'side-failed' });
    record({ status: 503, outcome: 'switch-failed', latencyMs: 9000 });
    record({ environmentId: null, status: 503, outcome: 'switch-failed' });
    expect(metrics.totals('shop')).toEqual({
      blue: { requests: 5, errors: 3, bySwitch: 1 },
      [unroutedId]: { requests: 1, errors: 0, bySwitch: 1 },
    });
    expect(samples(['blue']).blue?.[0]).toMatchObject({ requests: 5, errors: 3 });
    expect(samples(['blue']).blue?.[0]?.latencyMs?.p99).toBeLessThan(11);
    expect(metrics.serviceSecond('shop', start / 1000)).toMatchObject({
      requests: 6,
      errorRate: 5 / 6,
    });
  });

  it('does not count clients that left before their answer began', () => {
    const { metrics, record } = prepare();
    record({ outcome: 'client-gone', status: 0, latencyMs: null });
    expect(metrics.totals('shop')).toEqual({});
    record({ outcome: 'client-gone', status: 200 });
    expect(metrics.totals('shop')).toEqual({ blue: { requests: 1, errors: 0, bySwitch: 0 } });
  });

  it('forgets the oldest environments beyond its bound', () => {
    const { metrics, record } = prepare();
    for (let i = 0; i <= rememberedEnvironments; i += 1) record({ environmentId: `v${i}` });
    const ids = Object.keys(metrics.totals('shop'));
    expect(ids).toHaveLength(rememberedEnvironments);
    expect(ids).not.toContain('v0');
  });

  it('keeps services apart', () => {
    const { metrics, record } = prepare();
    record({ service: 'blog' });
    expect(metrics.totals('shop')).toEqual({});
    expect(metrics.serviceSecond('shop', start / 1000)).toBeUndefined();
  });
});
