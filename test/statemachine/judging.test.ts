import { describe, expect, it } from 'vitest';
import type { MetricSummary, ReleaseDocument } from '../../lib/release/document.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import type { MetricPoint } from '../../lib/signals/signal.ts';
import { judge } from '../../lib/steps/judge.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';

const minutes = 60_000;
const allOnBlue = { [blueRef.id]: 100 };
/** As a server has it: never twice the same, always about the same. */
const usual = [10, 11.2, 9.6, 10.4, 12.1, 9.9, 10.8, 11.6, 9.4, 10.1, 11, 10.6];

const gone = new VerdigrisError('SignalUnavailableError', 'the monitoring system is away');
const busy = new VerdigrisError('ThrottledError', 'later, please');

const localCall = { remainingMs: () => 60_000 };

interface Behaviour {
  requests?: number;
  errors?: number;
  /** Times the usual latency. */
  slower?: number;
}

/** Points of ten seconds from some moment on. */
function points(fromMs: number, toMs: number, behaviour: (atMs: number) => Behaviour) {
  const list: MetricPoint[] = [];
  for (let atMs = Math.ceil(fromMs / 10_000) * 10_000; atMs < toMs; atMs += 10_000) {
    const { requests = 500, errors = 0, slower = 1 } = behaviour(atMs);
    const p95 = slower * (usual[(atMs / 10_000) % usual.length] ?? 10);
    const latencyMs = { p50: p95 / 2, p95, p99: 2 * p95 };
    list.push({ at: new Date(atMs).toISOString(), periodSeconds: 10, requests, errors, latencyMs });
  }
  return list;
}

/** A conductor whose blue is measured exactly as given until the shift, and not after it. */
async function prepare(changes: JsonObject = {}, watch: JsonObject = {}, blue: Behaviour = {}) {
  const plain = fakeManifest(changes);
  const conductor = await createTestConductor({
    manifest: { ...plain, watch: { ...(plain.watch as JsonObject), ...watch } },
  });
  const now = conductor.clock.now();
  conductor.metrics.behave(blueRef.id, { requestsPerSecond: 0 }, now - 3_600_000);
  conductor.metrics.addPoints(
    blueRef.id,
    points(now - 3_600_000, now, () => blue),
  );
  return conductor;
}

async function untilWatching(conductor: TestConductor) {
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  const { green, watch } = await conductor.operations.getRelease(id);
  const startedMs = Date.parse(watch?.startedAt ?? '');
  const measured = (environmentId: string, behaviour: (sinceMs: number) => Behaviour) =>
    conductor.metrics.addPoints(
      environmentId,
      points(startedMs, startedMs + 30 * minutes, (atMs) => behaviour(atMs - startedMs)),
    );
  return { id, greenId: green?.id ?? '', startedMs, measured };
}

async function documentOf(conductor: TestConductor, id: string): Promise<ReleaseDocument> {
  const found = await conductor.ledger.getRelease(id);
  if (!found) throw new Error('there is no release');
  return found.document;
}

async function verdictsOf(conductor: TestConductor, id: string) {
  const events = await conductor.ledger.listEvents(id);
  return events.filter(({ type }) => type === 'Verdict');
}

describe('what the judge finds', () => {
  it('is nothing where green does as blue did', async () => {
    const conductor = await prepare();
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, () => ({}));
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const verdicts = await verdictsOf(conductor, id);
    expect(verdicts.at(-1)?.data.verdict).toBe('healthy');
    expect(verdicts.map(({ data }) => data.verdict)).not.toContain('breach');
  });

  it('is a latency that doubles in the last third of the window', async () => {
    const conductor = await prepare();
    const { id, greenId, startedMs, measured } = await untilWatching(conductor);
    measured(greenId, (sinceMs) => ({ slower: sinceMs < 20 * minutes ? 1 : 2.5 }));
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const { breach } = (await conductor.ledger.getRelease(id))?.document ?? {};
    expect(breach?.kind).toBe('comparison');
    const foundAfter = Date.parse(breach?.detectedAt ?? '') - startedMs;
    expect(foundAfter).toBeGreaterThan(20 * minutes);
    expect(foundAfter).toBeLessThanOrEqual(30 * minutes);
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('is told with the evidence of each metric, in words and numbers', async () => {
    const conductor = await prepare();
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, () => ({ errors: 20 }));
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const last = (await verdictsOf(conductor, id)).at(-1);
    expect(last?.summary).toMatch(/^breach: errorRate: green [\d,]+ of [\d,]+ requests \(4 %\)/);
    expect(last?.data).toMatchObject({
      verdict: 'breach',
      lookSeconds: 60,
      metrics: [
        { metric: 'errorRate', verdict: 'breach', candidate: 0.04, baseline: 0, maxRatio: 2 },
        { metric: 'latencyP95', isCritical: true, evidence: { baselinePoints: 60 } },
      ],
    });
  });

  it('is not worse than blue beside it, where blue got worse too', async () => {
    const canary = { cutover: { steps: [{ weight: 50, bake: '30m' }, 100] } };
    const conductor = await prepare(canary);
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, () => ({ errors: 20, slower: 3 }));
    measured(blueRef.id, () => ({ errors: 20, slower: 3 }));
    await conductor.clock.advance(29 * minutes);
    const verdicts = await verdictsOf(conductor, id);
    expect(verdicts.length).toBeGreaterThan(25);
    expect(verdicts.at(-1)?.data.verdict).toBe('healthy');
  });

  it('counts stretches only when they are over and have settled', async () => {
    const conductor = await prepare();
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, () => ({}));
    await conductor.clock.advance(61_000);
    const [first] = await verdictsOf(conductor, id);
    const metrics = first?.data.metrics as { evidence: { requests: number } }[];
    // 60 seconds, less what a point and its settling take: 10 each.
    expect(metrics[0]?.evidence.requests).toBe(4 * 500);
  });

  it('goes by the direction, the difference and the criticality that the manifest gives', async () => {
    const compare = {
      latencyP50: { maxIncrease: '2ms', direction: 'decrease' },
      latencyP95: { maxIncrease: '5ms', critical: false },
    };
    const conductor = await prepare({}, { compare });
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, () => ({ slower: 2 }));
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const { metrics } = (await verdictsOf(conductor, id)).at(-1)?.data ?? {};
    expect(metrics).toMatchObject([
      { metric: 'latencyP50', verdict: 'healthy', maxRatio: null, maxIncrease: 2 },
      { metric: 'latencyP95', verdict: 'breach', isCritical: false },
    ]);
  });

  it('is not enough where nobody comes, and that undoes nothing', async () => {
    const conductor = await prepare({}, {}, { requests: 0 });
    const { id } = await untilWatching(conductor);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const events = await conductor.ledger.listEvents(id);
    expect(events.find(({ type }) => type === 'Window Closed')?.summary).toMatch(
      /^no breach, but not enough data for a verdict \(errorRate: green had no requests/,
    );
  });

  it('is not enough where fewer came than a verdict needs', async () => {
    const conductor = await prepare();
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, (sinceMs) => ({ requests: sinceMs % (5 * minutes) === 0 ? 10 : 0 }));
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect((await verdictsOf(conductor, id)).at(-1)?.summary).toContain(
      'green answered 60 of the 100 requests',
    );
  });
});

describe('blue before the cutover', () => {
  it('is kept in the document, which stays small', async () => {
    const conductor = await prepare();
    const { id } = await untilWatching(conductor);
    await conductor.clock.advance(30 * minutes);
    const { document } = (await conductor.ledger.getRelease(id)) ?? {};
    expect(document?.baseline).toMatchObject({ stretchSeconds: 60 });
    const baseline = document?.baseline as { requests: number[]; p95: number[] };
    expect(baseline.requests).toHaveLength(60);
    expect(baseline.p95.every((it) => it > 9 && it < 13)).toBe(true);
    expect(JSON.stringify(document?.baseline).length).toBeLessThan(3000);
  });

  it('is understood where an older version has measured it', async () => {
    const conductor = await prepare();
    const { id, greenId, measured } = await untilWatching(conductor);
    await conductor.clock.advance(4 * minutes);
    const document = await documentOf(conductor, id);
    const baseline: MetricSummary = {
      ...{ requests: 90_000, errors: 0, latencyPoints: 180 },
      latencyMs: { p50: 5, p95: 10, p99: 20 },
    };
    const before = conductor.metrics.queries.length;
    measured(greenId, () => ({ slower: 1.2 }));
    const looked = await judge({ ...document, baseline }, conductor.ports, localCall);
    expect(looked.baseline).toEqual(baseline);
    // Blue is not measured once more.
    expect(conductor.metrics.queries).toHaveLength(before + 1);
    measured(greenId, () => ({ slower: 30 }));
    await expect(judge(looked, conductor.ports, localCall)).rejects.toThrow('blue 10 ms');
  });
});

describe('a release that nobody can watch', () => {
  it.each([gone, busy])('goes back when its metrics are away for too long (%s)', async (error) => {
    const conductor = await prepare({}, { blindFor: '5m' });
    const { id, startedMs } = await untilWatching(conductor);
    conductor.metrics.failNext(error, Number.POSITIVE_INFINITY);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const { document } = (await conductor.ledger.getRelease(id)) ?? {};
    expect(document?.breach).toMatchObject({
      kind: 'blind',
      reason: `blind for 5m: the metrics could not be read: ${error.message}`,
    });
    const foundAfter = Date.parse(document?.breach?.detectedAt ?? '') - startedMs;
    expect(Math.round(foundAfter / minutes)).toBe(6);
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('goes back when its alarms are away for too long, though the metrics are well', async () => {
    const conductor = await prepare();
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, () => ({}));
    conductor.signal.failNext(gone, Number.POSITIVE_INFINITY);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain(
      'the alarms could not be read',
    );
    const [first] = await verdictsOf(conductor, id);
    expect(first?.data).toMatchObject({ verdict: 'not-enough-data', blindSince: first?.at });
  });

  it('is held where the manifest says so, and goes on when a person says so', async () => {
    const conductor = await prepare({}, { onBlind: 'hold' });
    const { id } = await untilWatching(conductor);
    conductor.metrics.failNext(gone, Number.POSITIVE_INFINITY);
    expect(await conductor.outcomeOf(id)).toBe('held');
    const { green } = await conductor.operations.getRelease(id);
    expect(conductor.router.weights()).toEqual({ [green?.id ?? '']: 100 });
    await conductor.operations.resume(id, 'continue', 'ann', 'I looked at the logs');
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('goes on where the manifest says so, ten minutes late', async () => {
    const conductor = await prepare({}, { onBlind: 'continue' });
    const { id, startedMs } = await untilWatching(conductor);
    conductor.metrics.failNext(gone, Number.POSITIVE_INFINITY);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(Math.round((conductor.clock.now() - startedMs) / minutes)).toBe(40);
  });

  it('is undone all the same by an alarm that pushes', async () => {
    const conductor = await prepare({}, { onBlind: 'continue' });
    const { id } = await untilWatching(conductor);
    conductor.metrics.failNext(gone, Number.POSITIVE_INFINITY);
    await conductor.clock.advance(8 * minutes);
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('forgets its blindness when it sees again, and then knows what it missed', async () => {
    const conductor = await prepare({}, { blindFor: '10m' });
    const { id, greenId, startedMs, measured } = await untilWatching(conductor);
    measured(greenId, (sinceMs) => ({ errors: sinceMs < 12 * minutes ? 0 : 20 }));
    for (const times of [4, 4]) {
      conductor.metrics.failNext(gone, times);
      await conductor.clock.advance(6 * minutes);
    }
    expect((await conductor.ledger.getRelease(id))?.document.watch?.blindSince).toBeUndefined();
    conductor.metrics.failNext(gone, 4);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const { breach } = (await conductor.ledger.getRelease(id))?.document ?? {};
    expect(breach?.kind).toBe('comparison');
    expect(Date.parse(breach?.detectedAt ?? '') - startedMs).toBeLessThan(18 * minutes);
  });

  it('does not close a window on what it did not see', async () => {
    const conductor = await prepare({}, { blindFor: '20m' });
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, () => ({}));
    await conductor.clock.advance(25 * minutes);
    conductor.metrics.failNext(gone, Number.POSITIVE_INFINITY);
    await conductor.clock.advance(12 * minutes);
    expect((await conductor.operations.getRelease(id)).phase).toBe('watching');
    conductor.metrics.heal();
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('goes back when not one request is measured though blue had many before', async () => {
    const conductor = await prepare();
    const { id } = await untilWatching(conductor);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const { document } = (await conductor.ledger.getRelease(id)) ?? {};
    expect(document?.breach?.kind).toBe('blind');
    expect(document?.breach?.reason).toMatch(
      /^blind for 7m: the metrics have no request to green since the shift, and by what blue had there should have been 15000$/,
    );
  });

  it('goes back when green is measured no more though its traffic went on', async () => {
    const conductor = await prepare();
    const { id, greenId, measured } = await untilWatching(conductor);
    measured(greenId, (sinceMs) => ({ requests: sinceMs < 20 * minutes ? 500 : 0 }));
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await verdictsOf(conductor, id)).at(-1)?.summary).toMatch(
      /no request to green any more/,
    );
  });

  it('takes pauses for what they are where blue had such pauses too', async () => {
    const everyTenMinutes = (atMs: number) => ({
      requests: atMs % (10 * minutes) < 60_000 ? 500 : 0,
    });
    const conductor = await prepare();
    const now = conductor.clock.now();
    const before = points(now - 60 * minutes, now, everyTenMinutes);
    conductor.ports.adapters.metrics = () => ({
      settleSeconds: 0,
      samples: async ({ environmentIds, fromMs, toMs }) => {
        const ended = Math.min(toMs, conductor.clock.now() - 10_000);
        const after = points(now, ended, everyTenMinutes);
        const within = (list: MetricPoint[]) =>
          list.filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < ended);
        return Object.fromEntries(
          environmentIds.map((it) => [it, within(it === blueRef.id ? before : after)]),
        );
      },
    });
    const { id } = await untilWatching(conductor);
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  const canary = { cutover: { steps: [{ weight: 50, bake: '30m' }, 100] } };

  it('goes back when green is not measured and blue is, beside it', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest(canary) });
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await verdictsOf(conductor, id)).at(-1)?.summary).toMatch(/no request to green since/);
  });

  it('goes back when green is measured no more and blue is, beside it', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest(canary) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.measureGreen(id);
    await conductor.clock.advance(3 * minutes);
    const { green } = await conductor.operations.getRelease(id);
    conductor.metrics.behave(green?.id ?? '', { requestsPerSecond: 0 });
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('is not kept from going back by a straggler at blue', async () => {
    const conductor = await prepare();
    const { id, startedMs } = await untilWatching(conductor);
    conductor.metrics.addPoints(
      blueRef.id,
      points(startedMs, startedMs + 10_000, () => ({ requests: 1 })),
    );
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('does not close windows that are shorter than it may be blind for', async () => {
    const steps = [{ weight: 5, bake: '4m' }, { weight: 50, bake: '4m' }, 100];
    const conductor = await prepare({ cutover: { steps } }, { window: '4m', interval: '30s' });
    const { id } = await untilWatching(conductor);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(await conductor.events(id)).not.toContain('Window Closed');
  });

  it('closes them all the same where the manifest says to go on', async () => {
    const watch = { window: '4m', interval: '30s', onBlind: 'continue' };
    const conductor = await prepare({}, watch);
    const { id } = await untilWatching(conductor);
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('goes back when no latency of green is measured though blue had them', async () => {
    const conductor = await prepare();
    const { id, startedMs, greenId } = await untilWatching(conductor);
    const without = points(startedMs, startedMs + 40 * minutes, () => ({})).map((point) => ({
      ...point,
      latencyMs: null,
    }));
    conductor.metrics.addPoints(greenId, without);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await verdictsOf(conductor, id)).at(-1)?.summary).toMatch(
      /have no latencyP95 of green/,
    );
  });

  it.each([
    ['points of five minutes', 300, 60],
    ['points that settle after five minutes', 60, 300],
  ])('does not take %s for silence', async (_, periodSeconds, settleSeconds) => {
    const conductor = await prepare();
    await conductor.clock.advance(37_000);
    conductor.ports.adapters.metrics = () => ({
      settleSeconds,
      samples: async ({ environmentIds, fromMs, toMs }) => {
        const periodMs = periodSeconds * 1000;
        const ended = conductor.clock.now() - settleSeconds * 1000 - periodMs;
        const list: MetricPoint[] = [];
        for (
          let at = Math.ceil(fromMs / periodMs) * periodMs;
          at < toMs && at <= ended;
          at += periodMs
        ) {
          const latencyMs = { p50: 5, p95: 10, p99: 20 };
          list.push({
            ...{ at: new Date(at).toISOString(), periodSeconds },
            ...{ requests: 3000, errors: 0, latencyMs },
          });
        }
        return Object.fromEntries(environmentIds.map((it) => [it, list]));
      },
    });
    const { id } = await untilWatching(conductor);
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('waits with its end until the alarms can be looked at', async () => {
    const conductor = await prepare({}, { compare: {} });
    const { id } = await untilWatching(conductor);
    await conductor.clock.advance(29 * minutes + 50_000);
    const { firing } = conductor.signal;
    let looks = 0;
    conductor.signal.firing = async (names) => {
      looks += 1;
      // The look of Judge succeeds, those of Complete fail for three minutes.
      if (looks > 1 && looks < 38) throw gone;
      return firing(names);
    };
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(looks).toBe(38);
  });

  it('goes back at its end, too, when the alarms stay away', async () => {
    const conductor = await prepare({}, { compare: {} });
    const { id } = await untilWatching(conductor);
    await conductor.clock.advance(29 * minutes + 50_000);
    const { firing } = conductor.signal;
    let looks = 0;
    conductor.signal.firing = async (names) => {
      looks += 1;
      if (looks > 1) throw gone;
      return firing(names);
    };
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await conductor.ledger.getRelease(id))?.document.breach?.kind).toBe('blind');
  });
});

describe('a plan of before 0.2.0', () => {
  async function watched() {
    const conductor = await prepare();
    const { id } = await untilWatching(conductor);
    const { plan, ...document } = await documentOf(conductor, id);
    if (!plan) throw new Error('there is no plan');
    const { blindForSeconds: _, onBlind: __, ...watch } = plan.watch;
    return { conductor, document: { ...document, plan: { ...plan, watch } } };
  }

  it('leaves it to the state machine to repeat a look that failed', async () => {
    const { conductor, document } = await watched();
    conductor.metrics.failNext(gone);
    await expect(judge(document, conductor.ports, localCall)).rejects.toBe(gone);
  });

  it('is patient with a source that asks for it, until ten minutes after the end', async () => {
    const { conductor, document } = await watched();
    conductor.metrics.failNext(busy, Number.POSITIVE_INFINITY);
    const looked = await judge(document, conductor.ports, localCall);
    expect(looked).toEqual({ ...document, watch: looked.watch });
    expect(looked.watch).toMatchObject({ looks: 0, isClosed: false });
    const endsAt = new Date(conductor.clock.now() - 10 * minutes).toISOString();
    const late = { ...document, watch: looked.watch && { ...looked.watch, endsAt } };
    const closed = await judge(late, conductor.ports, localCall);
    expect(closed.watch?.isClosed).toBe(true);
  });
});
