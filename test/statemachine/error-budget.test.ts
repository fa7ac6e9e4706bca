import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { lookAtBudgets } from '../../lib/steps/operations/look-at-budgets.ts';
import { blueRef, createTestConductor, fakeManifest } from '../support/conductor.ts';

const slo: JsonObject = { availability: '99%', window: '6h' };
const minuteMs = 60_000;

async function open(changes: JsonObject = {}) {
  const conductor = await createTestConductor({
    manifest: fakeManifest({
      slo,
      watch: { window: '5m', interval: '60s', alarms: ['storefront-5xx'] },
      ...changes,
    }),
  });
  const { clock, ports, metrics } = conductor;
  // Green gets what blue had.
  const swap = async (releaseId: string, errorRate: number) => {
    await conductor.reach(releaseId, 'watching');
    const green = (await conductor.ledger.getRelease(releaseId))?.document.green?.id ?? '';
    for (const id of [blueRef.id, ...greens]) metrics.behave(id, { requestsPerSecond: 0 });
    metrics.behave(green, { requestsPerSecond: 50, errorRate });
    greens.push(green);
    return green;
  };
  const greens: string[] = [];
  return {
    ...conductor,
    swap,
    /** Passes this time, with the platform's regular looks. */
    async pass(minutes: number) {
      for (let passed = 0; passed < minutes; passed += 5) {
        await clock.advance(5 * minuteMs);
        await lookAtBudgets(ports);
      }
    },
    freezeOf: async () =>
      (await conductor.ledger.listFreezes()).find(({ scope }) => scope === 'storefront'),
    budget: async () => (await conductor.operations.listServices())[0]?.errorBudget,
    /** A release that fails so large a share of the requests of its five minutes, and completes. */
    async burn(version: string, errorRate: number) {
      const id = await conductor.release(version);
      const green = await swap(id, errorRate);
      const outcome = await conductor.outcomeOf(id);
      metrics.behave(green, { requestsPerSecond: 50 });
      return { id, outcome };
    },
  };
}

const lastEvent = async (conductor: Awaited<ReturnType<typeof open>>, id: string, type: string) =>
  (await conductor.ledger.listEvents(id)).findLast((event) => event.type === type);

describe('a release that burns more than half of the error budget', () => {
  it('freezes its service, although it completed, and says so with numbers', async () => {
    const conductor = await open();
    await conductor.pass(360);
    const { id, outcome } = await conductor.burn('v2', 0.5);

    expect(outcome).toBe('completed');
    const freeze = await conductor.freezeOf();
    expect(freeze).toMatchObject({ by: 'error budget', scope: 'storefront' });
    expect(freeze?.reason).toMatch(
      new RegExp(
        `^${id} burnt \\d+\\.\\d+% of the error budget, more than 50% \\([\\d,]+ errors of`,
      ),
    );
    const completed = await lastEvent(conductor, id, 'Completed');
    expect(completed?.data.errorBudget).toMatchObject({
      burnt: { releaseId: id, burntPercent: expect.any(Number), errors: expect.any(Number) },
    });
    expect((await lastEvent(conductor, id, 'Verdict'))?.data).toHaveProperty('errorBudget.burnt');
    const events = await conductor.ledger.listServiceEvents('storefront', 100);
    expect(events.filter(({ type }) => type === 'Freeze Set')).toHaveLength(1);
  });

  it('keeps further releases out until the budget has recovered, which lifts the freeze', async () => {
    const conductor = await open();
    await conductor.pass(360);
    await conductor.burn('v2', 0.5);

    await expect(conductor.release('v3')).rejects.toMatchObject({
      name: 'ReleaseFrozenError',
      message: expect.stringMatching(
        /burnt .*% is left now. At the present rate .*verdigris unfreeze storefront$/,
      ),
      details: { scope: 'storefront', leftPercent: expect.any(Number) },
    });
    expect(conductor.environment.provisioned).toHaveLength(1);
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
    await conductor.pass(60);
    expect(await conductor.freezeOf()).toBeDefined();
    expect((await conductor.budget())?.recoversAt).not.toBeNull();
    await conductor.pass(330);

    expect(await conductor.freezeOf()).toBeUndefined();
    const events = await conductor.ledger.listServiceEvents('storefront', 100);
    expect(events.find(({ type }) => type === 'Freeze Lifted')).toMatchObject({
      by: 'error budget',
      summary: 'the error budget has recovered',
    });
    const next = await conductor.release('v4');
    await conductor.swap(next, 0);
    expect(await conductor.outcomeOf(next)).toBe('completed');
  });

  it('freezes its service also when it was slow and failed nobody', async () => {
    const conductor = await open({ slo: { ...slo, latency: { p95: '300ms' } } });
    await conductor.pass(360);
    const id = await conductor.release('v2');
    const green = await conductor.swap(id, 0);
    conductor.metrics.behave(green, { requestsPerSecond: 50, latencyMs: 400 });
    expect(await conductor.outcomeOf(id)).toBe('completed');

    expect((await conductor.freezeOf())?.reason).toMatch(/\(0 errors and [\d,]+ slow of /);
    await expect(conductor.release('v3')).rejects.toMatchObject({ name: 'ReleaseFrozenError' });
  });

  it('stays unfrozen once somebody has lifted that, until the next one burns', async () => {
    const conductor = await open();
    await conductor.pass(360);
    await conductor.burn('v2', 0.5);
    expect(await conductor.operations.unfreeze('storefront', 'ada')).toBe(true);
    await conductor.pass(30);
    expect(await conductor.freezeOf()).toBeUndefined();

    const fixed = await conductor.burn('v3', 0);
    expect(fixed.outcome).toBe('completed');
    await conductor.pass(10);
    expect(await conductor.freezeOf()).toBeUndefined();

    const again = await conductor.burn('v4', 0.6);
    expect((await conductor.freezeOf())?.reason).toContain(`${again.id} burnt`);
  });

  it('leaves a person’s own freeze alone, also when it recovers', async () => {
    const conductor = await open();
    await conductor.pass(360);
    const id = await conductor.release('v2');
    const green = await conductor.swap(id, 0.5);
    await conductor.operations.freeze('storefront', 'sale until Monday', 'ada');
    await conductor.outcomeOf(id);
    conductor.metrics.behave(green, { requestsPerSecond: 50 });
    expect(await conductor.freezeOf()).toMatchObject({ by: 'ada' });
    await expect(conductor.release('v3')).rejects.toThrow('frozen by ada: sale until Monday');

    await conductor.pass(400);
    expect(await conductor.freezeOf()).toMatchObject({ by: 'ada', reason: 'sale until Monday' });
  });

  it('is rolled back all the same, with what it burnt, and freezes too', async () => {
    const conductor = await open();
    await conductor.pass(360);
    const id = await conductor.release('v2');
    await conductor.swap(id, 1);
    await conductor.clock.advance(4 * minuteMs);
    expect(await conductor.freezeOf()).toMatchObject({ by: 'error budget' });
    conductor.signal.fire('storefront-5xx');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
    const rolledBack = await lastEvent(conductor, id, 'Rolled Back');
    expect(rolledBack?.data.errorBudget).toMatchObject({ burnt: { releaseId: id } });
  });

  it('can be taken back by hand while its service is frozen', async () => {
    const conductor = await open();
    await conductor.pass(360);
    const { id } = await conductor.burn('v2', 0.5);
    expect(await conductor.freezeOf()).toBeDefined();
    await conductor.operations.rollback(id, 'ada', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });
});

describe('a budget of which too little is left', () => {
  /** Burnt without any release: 9 of 10 % of the window's requests. */
  async function short() {
    const conductor = await open();
    await conductor.pass(300);
    conductor.metrics.behave(blueRef.id, { requestsPerSecond: 50, errorRate: 0.2 });
    await conductor.pass(20);
    conductor.metrics.behave(blueRef.id, { requestsPerSecond: 50 });
    await conductor.pass(40);
    return conductor;
  }

  it('refuses a release at once, without a freeze, and says when and how it may begin', async () => {
    const conductor = await short();
    await expect(conductor.release('v2')).rejects.toMatchObject({
      name: 'ReleaseFrozenError',
      message: expect.stringMatching(
        /less than 10% .*enough is left at 2026-.*unfreeze storefront$/,
      ),
    });
    expect(await conductor.freezeOf()).toBeUndefined();
    const [service] = await conductor.operations.listServices();
    expect(service?.frozen).toContain('less than 10%');
    expect(await conductor.ledger.inside.releases()).toMatchObject([{ outcome: 'refused' }]);
  });

  it('refuses in Admit what was burnt since the last look', async () => {
    const conductor = await open();
    await conductor.pass(300);
    conductor.metrics.behave(blueRef.id, { requestsPerSecond: 50, errorRate: 1 });
    await conductor.clock.advance(5 * minuteMs);
    const id = await conductor.release('v2');
    expect(await conductor.outcomeOf(id)).toBe('refused');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('less than 10%');
    expect(conductor.environment.provisioned).toEqual([]);
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('lets the release begin that mends it, when somebody says so', async () => {
    const conductor = await short();
    expect(await conductor.operations.unfreeze('storefront', 'ada')).toBe(true);
    expect(await conductor.operations.unfreeze('storefront', 'ada')).toBe(false);
    const { outcome } = await conductor.burn('v2', 0);
    expect(outcome).toBe('completed');
    const next = await conductor.burn('v3', 0.3);
    expect(next.outcome).toBe('completed');
    await expect(conductor.release('v4')).rejects.toMatchObject({ name: 'ReleaseFrozenError' });
  });

  it('lets releases begin by itself when it has recovered', async () => {
    const conductor = await short();
    await conductor.pass(330);
    expect(await conductor.budget()).toMatchObject({ leftPercent: 100, stops: null });
    const { outcome } = await conductor.burn('v2', 0);
    expect(outcome).toBe('completed');
  });
});

describe('what a release burns', () => {
  const failing = (fromMs: number, requests: number) => ({
    at: new Date(fromMs).toISOString(),
    periodSeconds: 1,
    requests,
    errors: requests,
    latencyMs: { p50: 10, p95: 10, p99: 10 },
  });

  it('is what its green did from its first shift to its end, and nothing else', async () => {
    const conductor = await open();
    const { clock, metrics, ledger } = conductor;
    await conductor.pass(60);
    const id = await conductor.release('v2');
    const green = await conductor.swap(id, 0);
    const shiftMs = Date.parse((await documentOf(id)).milestones.firstShiftAt ?? '');
    // Somebody tried it before, and failed.
    metrics.addPoints(green, [failing(shiftMs - 2000, 7000)]);
    metrics.addPoints(green, [failing(shiftMs + 5000, 11)]);
    metrics.addPoints(blueRef.id, [failing(shiftMs + 5000, 500)]);
    await conductor.outcomeOf(id);
    const endedMs = Date.parse((await documentOf(id)).milestones.endedAt ?? '');
    metrics.addPoints(green, [failing(endedMs + 1000, 9000)]);
    await clock.advance(minuteMs);
    await lookAtBudgets(conductor.ports);

    expect((await conductor.budget())?.lastRelease).toMatchObject({ releaseId: id, errors: 11 });
    expect((await conductor.budget())?.errors).toBe(7000 + 11 + 500 + 9000);

    async function documentOf(releaseId: string) {
      const found = await ledger.getRelease(releaseId);
      if (!found) throw new Error(`there is no ${releaseId}`);
      return found.document;
    }
  });

  it('is asked for with the version of every side, for sources that tell them apart by it', async () => {
    const conductor = await open();
    const { id } = await conductor.burn('v2', 0);
    const { blue, green } = (await conductor.ledger.getRelease(id))?.document ?? {};
    const asked = conductor.metrics.queries.length;
    // More refusals than a look goes through.
    await conductor.operations.freeze('storefront', 'sale until Monday', 'ada');
    for (let tried = 0; tried < 12; tried += 1) {
      await conductor.release(`v${tried + 3}`).catch(() => {});
      await conductor.clock.advance(1000);
    }
    await lookAtBudgets(conductor.ports);

    const queries = conductor.metrics.queries.slice(asked);
    expect(queries.length).toBeGreaterThan(0);
    for (const { environmentIds, versions } of queries) {
      expect(environmentIds).toEqual([blue?.id, green?.id]);
      expect(versions).toEqual({ [`${blue?.id}`]: blue?.version, [`${green?.id}`]: 'v2' });
    }
  });

  it('is counted after a rollback, which does not wait for it', async () => {
    const conductor = await open({
      watch: { window: '30m', interval: '60s', compare: { errorRate: { max: '2x' } } },
    });
    await conductor.pass(60);
    const id = await conductor.release('v2');
    await conductor.swap(id, 0.5);

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const verdict = await lastEvent(conductor, id, 'Verdict');
    expect(verdict?.data).toMatchObject({ verdict: 'breach' });
    expect(verdict?.data).not.toHaveProperty('errorBudget');
    const rolledBack = await lastEvent(conductor, id, 'Rolled Back');
    expect(rolledBack?.data.errorBudget).toMatchObject({ burnt: { releaseId: id } });
  });
});

describe('the tally of a budget', () => {
  it('counts once what several look at, at once', async () => {
    const conductor = await open();
    await conductor.clock.advance(10 * minuteMs);
    await lookAtBudgets(conductor.ports);
    const once = await conductor.budget();
    await Promise.all([1, 2, 3].map(() => lookAtBudgets(conductor.ports)));
    expect(await conductor.budget()).toEqual(once);
    expect(once?.requests).toBeGreaterThan(50 * 600);
    expect((await conductor.ledger.getBudget('storefront'))?.revision).toBe(4);
  });

  it('never keeps a release from its end', async () => {
    const conductor = await open();
    const id = await conductor.release('v2');
    const error = new VerdigrisError('SignalUnavailableError', 'no figures');
    conductor.metrics.failNext(error, Number.POSITIVE_INFINITY);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const completed = await lastEvent(conductor, id, 'Completed');
    expect(completed?.data.errorBudget).toMatchObject({ burnt: null });
  });

  it('is shown to who approves, and is null where nothing is promised', async () => {
    const asked = { approval: { expiresIn: '2h' } };
    const conductor = await open(asked);
    await conductor.pass(30);
    const id = await conductor.release('v2');
    await conductor.reach(id, 'awaiting-approval');
    expect((await conductor.operations.review(id, 'bob')).errorBudget).toMatchObject({
      availabilityPercent: 99,
      leftPercent: 100,
      lastRelease: null,
    });
    const other = await createTestConductor({ manifest: fakeManifest(asked) });
    const plain = await other.release('v2');
    await other.reach(plain, 'awaiting-approval');
    expect((await other.operations.review(plain, 'bob')).errorBudget).toBeNull();
    await lookAtBudgets(other.ports);
    expect(await other.ledger.getBudget('storefront')).toBeNull();
  });

  it('freezes nothing any more when the manifest promises nothing any more', async () => {
    const conductor = await open();
    await conductor.pass(360);
    await conductor.burn('v2', 0.5);
    const manifest = fakeManifest({ watch: { window: '5m', interval: '60s' } });
    await conductor.operations.applyManifest('storefront', manifest, 'ada');
    await lookAtBudgets(conductor.ports);
    expect(await conductor.freezeOf()).toBeUndefined();
  });
});
