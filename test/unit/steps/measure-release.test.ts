import { describe, expect, it } from 'vitest';
import { createDocument, type ReleaseDocument } from '../../../lib/release/document.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { marksOf } from '../../../lib/steps/operations/measure/marks.ts';
import { mostPoints, periodFor, widen } from '../../../lib/steps/operations/measure/points.ts';
import { stretchesOf } from '../../../lib/steps/operations/measure/stretches.ts';
import { blueRef, createTestConductor } from '../../support/conductor.ts';
import { fixtureEvent, fixtureStart, fixtureTime } from '../../support/fakes/operations.ts';

const start = Date.parse(fixtureStart);
const ms = (seconds: number) => start + seconds * 1000;
const green = { ...blueRef, id: 'storefront-v2', version: 'v2' };

function documentWith(milestones: Partial<ReleaseDocument['milestones']>): ReleaseDocument {
  const document = createDocument({
    releaseId: 'rel1',
    service: 'storefront',
    artifact: { uri: 'memory:v2', version: 'v2' },
    requestedBy: 'ada',
    requestedAt: fixtureStart,
  });
  return {
    ...document,
    blue: blueRef,
    green,
    milestones: { ...document.milestones, ...milestones },
  };
}

function summaryOf(document: ReleaseDocument, nowSeconds: number) {
  return stretchesOf(document, ms(nowSeconds)).map((it) => [
    (it.fromMs - start) / 1000,
    (it.toMs - start) / 1000,
    it.soleEnvironmentId ?? null,
  ]);
}

describe('the time that charts of a release show', () => {
  it('is the last minute of blue before anything was shifted', () => {
    expect(summaryOf(documentWith({}), 100)).toEqual([[40, 100, 'storefront-v1']]);
  });

  it('goes from a minute before the first shift until now', () => {
    const at = { firstShiftAt: fixtureTime(100), cutoverAt: fixtureTime(102) };
    expect(summaryOf(documentWith(at), 130)).toEqual([
      [40, 100, 'storefront-v1'],
      [100, 102, null],
      [102, 130, 'storefront-v2'],
    ]);
  });

  it('goes on for a minute after the end, with what became of blue', () => {
    const at = {
      firstShiftAt: fixtureTime(100),
      cutoverAt: fixtureTime(102),
      breachAt: fixtureTime(120),
      restoredAt: fixtureTime(121),
      endedAt: fixtureTime(122),
    };
    expect(summaryOf(documentWith(at), 9999)).toEqual([
      [40, 100, 'storefront-v1'],
      [100, 102, null],
      [102, 120, 'storefront-v2'],
      [120, 121, null],
      [121, 182, 'storefront-v1'],
    ]);
  });

  it('has an end for a release that ended before it shifted anything', () => {
    const at = { endedAt: fixtureTime(10) };
    expect(summaryOf(documentWith(at), 9999)).toEqual([[-50, 70, 'storefront-v1']]);
  });
});

describe('points of a chart', () => {
  it.each([
    [60, 1, 1],
    [240, 1, 1],
    [241, 1, 2],
    [1800, 1, 10],
    [1800, 60, 60],
    [86_400, 60, 600],
    [86_400, 1, 600],
    [10_000_000, 60, 41_700],
    [100, 7, 7],
  ])('cover %i s of a source that measures every %i s in lengths of %i s', (span, own, length) => {
    expect(periodFor(span, own)).toBe(length);
    expect(span / periodFor(span, own)).toBeLessThanOrEqual(mostPoints);
  });

  it('add up what they count, and weigh latencies by requests', () => {
    const point = (seconds: number, requests: number, p95: number | null) => ({
      at: fixtureTime(seconds),
      periodSeconds: 1,
      requests,
      errors: 1,
      latencyMs: p95 === null ? null : { p50: 1, p95, p99: 2 * p95 },
    });

    const wide = widen([point(4, 30, 10), point(0, 5, null), point(1, 10, 50), point(5, 9, 9)], 5);

    expect(wide).toEqual([
      {
        at: fixtureTime(0),
        requests: 45,
        errors: 3,
        latencyMs: { p50: 1, p95: 20, p99: 40 },
      },
      { at: fixtureTime(5), requests: 9, errors: 1, latencyMs: { p50: 1, p95: 9, p99: 18 } },
    ]);
  });
});

describe('marks of a chart', () => {
  it('are the shifts, verdicts, breaches and the end, in order, within the time shown', () => {
    const events = [
      fixtureEvent(5, 'Provisioned', 'is there'),
      fixtureEvent(30, 'Rolled Back', 'is back'),
      fixtureEvent(10, 'Traffic Shifted', 'all on v2'),
      fixtureEvent(20, 'Verdict', 'breach: errors'),
      fixtureEvent(21, 'Breach Recorded', 'errors'),
      fixtureEvent(500, 'Environment Retired', 'is gone'),
      fixtureEvent(600, 'Rolled Back', 'again'),
    ];

    expect(marksOf(events, ms(0), ms(100)).map(({ at, kind }) => [at, kind])).toEqual([
      [fixtureTime(10), 'shift'],
      [fixtureTime(20), 'verdict'],
      [fixtureTime(21), 'breach'],
      [fixtureTime(30), 'end'],
    ]);
  });

  it('are only the verdicts that say something new where there are many', () => {
    const events = Array.from({ length: 100 }, (_, i) => ({
      ...fixtureEvent(i, 'Verdict', `look ${i}`),
      data: { verdict: i < 60 ? 'not-enough-data' : 'healthy' },
    }));

    expect(marksOf(events, ms(0), ms(1000)).map(({ label }) => label)).toEqual([
      'look 0',
      'look 60',
    ]);
  });
});

describe('the metrics of a release', () => {
  it('come from the source that its plan names, with its marks', async () => {
    const conductor = await createTestConductor();
    const releaseId = await conductor.release();
    await conductor.reach(releaseId, 'watching');
    const status = await conductor.operations.getRelease(releaseId);
    conductor.metrics.behave(status.green?.id ?? '', { requestsPerSecond: 50, latencyMs: 12 });
    await conductor.clock.advance(120_000);

    const found = await conductor.operations.measureRelease(releaseId);

    expect(found.unavailable).toBeNull();
    expect(found.periodSeconds).toBe(10);
    expect(found.blue.length).toBeGreaterThan(100);
    expect(found.green.length).toBeGreaterThanOrEqual(11);
    expect(found.green[0]?.latencyMs?.p95).toBe(12);
    expect(found.marks[0]).toMatchObject({ kind: 'shift' });
    expect(Date.parse(found.to)).toBe(conductor.clock.now());
    const lastMs = Date.parse(found.green.at(-1)?.at ?? '');
    expect(lastMs + 10_000).toBeLessThanOrEqual(conductor.clock.now());
  });

  it('have no point of a time that is not over yet, which would look like an end of traffic', async () => {
    const conductor = await createTestConductor();
    const releaseId = await conductor.release();
    await conductor.reach(releaseId, 'watching');
    conductor.metrics.addPoints(blueRef.id, [
      {
        at: new Date(conductor.clock.now() - 4000).toISOString(),
        periodSeconds: 10,
        requests: 3,
        errors: 0,
        latencyMs: null,
      },
    ]);

    const { blue } = await conductor.operations.measureRelease(releaseId);

    expect(blue.map(({ requests }) => requests)).not.toContain(3);
  });

  it('say in words why there are none, and keep the marks', async () => {
    const conductor = await createTestConductor();
    const releaseId = await conductor.release();
    await conductor.reach(releaseId, 'watching');
    conductor.metrics.failNext(
      new VerdigrisError('ThrottledError', 'cloudwatch:GetMetricData: rate exceeded'),
      Number.POSITIVE_INFINITY,
    );

    const found = await conductor.operations.measureRelease(releaseId);

    expect(found).toMatchObject({ blue: [], green: [] });
    expect(found.unavailable).toContain('rate exceeded');
    expect(found.marks).not.toEqual([]);
  });

  it('say that there was nothing to measure', async () => {
    const conductor = await createTestConductor();
    conductor.ports.adapters.metrics = () => ({ samples: async () => ({}) });
    const releaseId = await conductor.release();
    await conductor.reach(releaseId, 'watching');

    const { unavailable } = await conductor.operations.measureRelease(releaseId);

    expect(unavailable).toContain('no requests');
  });

  it('do not hide a defect of a source behind words', async () => {
    const conductor = await createTestConductor();
    const releaseId = await conductor.release();
    await conductor.reach(releaseId, 'watching');
    conductor.metrics.failNext(new TypeError('x is undefined'), Number.POSITIVE_INFINITY);

    await expect(conductor.operations.measureRelease(releaseId)).rejects.toThrow(TypeError);
  });

  it('are not there for a release that is not', async () => {
    const { operations } = await createTestConductor();
    await expect(operations.measureRelease('nobody')).rejects.toMatchObject({
      name: 'ReleaseUnknownError',
    });
  });
});
