/**
 * What reviews and fault injection once found, each as a scenario of its own: see docs/rules.md for
 * the rule that it broke.
 */

import { describe, expect, it } from 'vitest';
import type { EnvironmentRef } from '../../lib/release/document.ts';
import { createDocument } from '../../lib/release/document.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { manifestLimitBytes } from '../../lib/release/manifest.ts';
import { openRecord } from '../../lib/steps/ending.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';
import { outage, withFaults } from '../support/faults.ts';

const hours = 3_600_000;

async function recordOf(conductor: TestConductor, id: string) {
  const record = await conductor.ledger.getRelease(id);
  if (!record) throw new Error(`no release ${id}`);
  return record;
}

async function greenOf(conductor: TestConductor, id: string): Promise<EnvironmentRef> {
  const { green } = (await recordOf(conductor, id)).document;
  if (!green) throw new Error('no green');
  return green;
}

/** A watched release on a conductor whose ledger can be taken away. */
async function watched(manifest?: JsonObject) {
  const faults = outage();
  const conductor = await createTestConductor({
    ...(manifest ? { manifest } : {}),
    wrapLedger: (ledger) => withFaults(ledger, faults),
  });
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  return { conductor, faults, id };
}

const allOnBlue = { [blueRef.id]: 100 };

describe('a ledger that is down when it matters', () => {
  it('does not strand a release whose execution ends meanwhile (rule 7)', async () => {
    const { conductor, faults, id } = await watched();
    faults.down('LedgerUnavailableError');
    await conductor.ports.engine.stop('release', id, 'stopped');
    await conductor.clock.settle();
    faults.up();
    await conductor.clock.advance(6 * hours);
    expect((await recordOf(conductor, id)).outcome).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('does not lose a hold', async () => {
    const { conductor, faults, id } = await watched(fakeManifest({ onBreach: 'hold' }));
    faults.down('LedgerUnavailableError');
    await conductor.clock.advance(300_000);
    faults.up();
    await conductor.clock.advance(6 * hours);
    expect((await recordOf(conductor, id)).outcome).toBe('held');
  });

  it('is waited for as long as it takes once traffic is back (rule 5)', async () => {
    const { conductor, faults, id } = await watched();
    faults.down('LedgerUnavailableError');
    await conductor.clock.advance(2 * hours);
    expect(conductor.router.weights()).toEqual(allOnBlue);
    faults.up();
    await conductor.clock.advance(hours);
    expect((await recordOf(conductor, id)).outcome).toBe('rolled-back');
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it("does not turn an operator's rollback into a hold (rule 5)", async () => {
    const { conductor, faults, id } = await watched(fakeManifest({ onBreach: 'hold' }));
    const { engine } = conductor.ports;
    const fail = engine.fail.bind(engine);
    engine.fail = async (token, error) => {
      faults.down('LedgerUnavailableError');
      return fail(token, error);
    };
    await expect(conductor.operations.rollback(id, 'ann', null)).rejects.toThrow();
    await conductor.clock.advance(120_000);
    expect(conductor.router.weights()).toEqual(allOnBlue);
    faults.up();
    await conductor.clock.advance(hours);
    expect((await recordOf(conductor, id)).outcome).toBe('rolled-back');
  });

  it('leaves no way for a cutover that read the route before the fence (rule 4)', async () => {
    const { conductor, faults, id } = await watched();
    const green = await greenOf(conductor, id);
    faults.down('LedgerUnavailableError');
    await conductor.clock.runUntil(() => conductor.router.history.length === 3);
    await conductor.clock.settle();
    const route = await conductor.router.read();
    const { epoch } = (await recordOf(conductor, id)).document;
    const deadlineMs = conductor.clock.now() + 30_000;
    faults.up();
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');

    const desired = { weights: { [green.id]: 100 }, environments: [green] };
    const late = conductor.router.apply(conductor.router.plan(route, desired), {
      releaseId: id,
      epoch,
      deadlineMs,
    });
    await expect(late).rejects.toMatchObject({ name: 'RouteConflictError' });
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });
});

describe('requests that were cut short', () => {
  it('ends a request without an execution as refused when the conductor starts again', async () => {
    const conductor = await createTestConductor();
    const input = {
      releaseId: 'storefront-v2-cut',
      service: 'storefront',
      artifact: { uri: 'memory:v2', version: 'v2' },
      requestedBy: 'ann',
      requestedAt: new Date(conductor.clock.now()).toISOString(),
    };
    await conductor.ledger.createRelease(openRecord(createDocument(input)));
    await conductor.restart();
    expect(await conductor.outcomeOf(input.releaseId)).toBe('refused');
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it('starts again beside a held release with an open request on record', async () => {
    const { conductor, faults, id } = await watched(fakeManifest({ onBreach: 'hold' }));
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('held');
    faults.down('LedgerUnavailableError', 'endRelease');
    await expect(conductor.release('v3')).rejects.toThrow();
    faults.up();
    await conductor.restart();
    const [newest] = await conductor.ledger.listReleases({ service: 'storefront', limit: 1 });
    expect(newest).toMatchObject({ artifact: { version: 'v3' }, outcome: 'refused' });
    expect((await recordOf(conductor, id)).outcome).toBe('held');
  });

  it('does not refuse a release whose start was only not answered (rules 2 and 6)', async () => {
    const conductor = await createTestConductor();
    const { engine } = conductor.ports;
    const start = engine.start.bind(engine);
    engine.start = async (...args) => {
      const answer = await start(...args);
      if (args[0] !== 'release') return answer;
      throw new VerdigrisError('EngineUnavailableError', 'the answer was lost');
    };
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('tells notifiers of a refusal although there is no plan yet', async () => {
    const conductor = await createTestConductor();
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(await conductor.release())).toBe('refused');
    expect(conductor.sent.map((event) => event.type)).toEqual(['Refused']);
  });
});

describe('calls that come late', () => {
  it('does not complete a release that is being rolled back (rules 2 and 4)', async () => {
    let isSlow = true;
    const conductor: TestConductor = await createTestConductor({
      wrapRouter: (router) => ({
        ...router,
        async verify(desired) {
          const answer = await router.verify(desired);
          const [release] = await conductor.ledger.listReleases({ limit: 1 });
          if (!isSlow || release?.phase !== 'completing') return answer;
          isSlow = false;
          conductor.router.convergeAfter(4);
          await new Promise<void>((resolve) => conductor.clock.after(61_500, resolve));
          return 'converged';
        },
      }),
    });
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(120_000);
    expect((await recordOf(conductor, id)).outcome).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('do not hide the token that waits from a breach', async () => {
    const conductor = await createTestConductor();
    const { ports, clock } = conductor;
    const putWatch = ports.ledger.putWatch.bind(ports.ledger);
    let isHeld = false;
    ports.ledger.putWatch = async (watch) => {
      if (watch.token !== null && !isHeld) {
        isHeld = true;
        await new Promise<void>((resolve) => clock.after(70_000, resolve));
      }
      await putWatch(watch);
    };
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await clock.advance(75_000);
    const firedAt = clock.now();
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.history.at(-1)?.atMs).toBe(firedAt);
  });

  it('leaves blue alone that a completion scheduled for removal after its rollback', async () => {
    const conductor = await createTestConductor();
    const { ports } = conductor;
    const start = ports.engine.start.bind(ports.engine);
    let startLate: (() => Promise<unknown>) | undefined;
    ports.engine.start = async (machine, name, input) => {
      if (startLate || !name.includes('-blue-')) return start(machine, name, input);
      startLate = () => start(machine, name, input);
      throw new Error('no answer');
    };
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    await startLate?.();
    await conductor.clock.advance(23 * 3_600_000);
    const next = await conductor.release('v3');
    expect(await conductor.outcomeOf(next)).toBe('completed');
    await conductor.clock.advance(2 * 3_600_000);
    expect(conductor.environment.retired).not.toContain(blueRef.id);
    expect((await conductor.ledger.listEvents(id)).at(-1)).toMatchObject({
      type: 'Retire Refused',
      summary: `${blueRef.id} stays, since ${id} did not complete`,
    });
    await conductor.clock.advance(23 * 3_600_000);
    expect(conductor.environment.retired).toContain(blueRef.id);
  });

  it('removes a green that was made after its release had been discarded', async () => {
    const conductor = await createTestConductor();
    const provision = conductor.environment.provision.bind(conductor.environment);
    conductor.environment.provision = async (artifact, releaseId) => {
      await new Promise<void>((resolve) => conductor.clock.after(61_000, resolve));
      return provision(artifact, releaseId);
    };
    expect(await conductor.outcomeOf(await conductor.release())).toBe('discarded');
    await conductor.clock.advance(hours);
    expect(conductor.environment.provisioned).toHaveLength(1);
    expect(conductor.environment.retired).toEqual(conductor.environment.provisioned);
  });

  it('waits for a lost shift before it goes on, where the router has no compare-and-swap', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({
        watch: { window: '5s', interval: '1s' },
        cutover: { steps: [{ weight: 5, bake: '5s' }, 100] },
      }),
      router: { facts: { isConditional: false } },
    });
    const late = conductor.router.delayApply({ afterMs: 20_000 });
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    await conductor.clock.advance(120_000);
    expect(late.takeEffect()).toBe('applied');
    expect(conductor.router.weights()).toEqual({ [(await greenOf(conductor, id)).id]: 100 });
  });

  it('holds only when nothing can move traffic any more', async () => {
    let applies = 0;
    const conductor: TestConductor = await createTestConductor({
      manifest: fakeManifest({
        onBreach: 'hold',
        watch: { window: '10s', interval: '5s', alarms: ['storefront-5xx'] },
        cutover: { steps: [{ weight: 5, bake: '10s' }, 100] },
      }),
      router: { facts: { isConditional: false } },
      wrapRouter: (router) => ({
        ...router,
        async apply(plan, lease) {
          applies += 1;
          if (applies === 2) {
            conductor.router.delayApply({ afterMs: 20_000 });
            await conductor.signal.fire('storefront-5xx');
          }
          return router.apply(plan, lease);
        },
      }),
    });
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('held');
    const frozen = conductor.router.weights();
    await conductor.clock.advance(120_000);
    expect(conductor.router.weights()).toEqual(frozen);
  });
});

describe('operators and retirements at the same moment', () => {
  it('undoes a release that completed while its rollback was on the way', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const { ledger } = conductor;
    const recordBreach = ledger.recordBreach.bind(ledger);
    ledger.recordBreach = async (releaseId, breach) => {
      ledger.recordBreach = recordBreach;
      await conductor.outcomeOf(id);
      return recordBreach(releaseId, breach);
    };
    await conductor.operations.rollback(id, 'ann', 'too late?');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('refuses a rollback while blue is being taken away, instead of routing to nothing (rule 8)', async () => {
    let isArmed = false;
    let answer: Promise<unknown> | undefined;
    let id = '';
    const conductor: TestConductor = await createTestConductor({
      wrapRouter: (router) => ({
        ...router,
        async read() {
          const route = await router.read();
          if (!isArmed) return route;
          isArmed = false;
          answer = conductor.operations.rollback(id, 'ann', null).catch((error: unknown) => error);
          await answer;
          return route;
        },
      }),
    });
    id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(24 * hours - 1000);
    isArmed = true;
    await conductor.clock.advance(60_000);
    expect(await answer).toMatchObject({ name: 'ThrottledError' });
    expect(conductor.router.weights()).toEqual({ [(await greenOf(conductor, id)).id]: 100 });
    expect(conductor.environment.retired).toEqual([blueRef.id]);
  });

  it('does not take blue away while a rollback to it is under way (rule 8)', async () => {
    let isSlow = false;
    const conductor: TestConductor = await createTestConductor({
      manifest: fakeManifest({ retain: '1h' }),
      wrapRouter: (router) => ({
        ...router,
        async apply(plan, lease) {
          if (isSlow) await new Promise<void>((resolve) => conductor.clock.after(20_000, resolve));
          return router.apply(plan, lease);
        },
      }),
    });
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(hours - 10_000);
    isSlow = true;
    await conductor.operations.rollback(id, 'ann', null);
    const { engine } = conductor.ports;
    engine.stop = async () => {};
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    await conductor.clock.advance(24 * hours);
    expect(conductor.router.weights()).toEqual(allOnBlue);
    expect(conductor.environment.retired).not.toContain(blueRef.id);
  });

  it('retires blue although the first start of its retirement failed', async () => {
    const conductor = await createTestConductor();
    const { engine } = conductor.ports;
    const start = engine.start.bind(engine);
    engine.start = async (machine, name, input) => {
      if (machine !== 'retire') return start(machine, name, input);
      engine.start = start;
      throw new VerdigrisError('EngineUnavailableError', 'down');
    };
    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
    await conductor.clock.advance(25 * hours);
    expect(conductor.environment.retired).toEqual([blueRef.id]);
  });

  it('retires after a retention time that is longer than one timer can be', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ retain: '60d' }) });
    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
    await conductor.clock.advance(59 * 24 * hours);
    expect(conductor.environment.retired).toEqual([]);
    await conductor.clock.advance(2 * 24 * hours);
    expect(conductor.environment.retired).toEqual([blueRef.id]);
  });

  it('does not take back an approval by a later rejection of the same person, and says so', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({ approval: { count: 2 } }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    await conductor.operations.approve(id, 'ann', null);
    await expect(conductor.operations.reject(id, 'ann', null)).rejects.toMatchObject({
      name: 'ReleaseStateError',
    });
  });
});

describe('what travels and what is shown', () => {
  it('keeps the document small whatever checks and people have to say', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({ checks: [{ kind: 'fake', name: 'smoke', critical: false }] }),
    });
    const long = 'x'.repeat(300_000);
    conductor.checkAnswers.set('smoke', [{ verdict: 'warn', summary: long, evidence: {} }]);
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.operations.rollback(id, 'ann', long);
    await conductor.outcomeOf(id);
    expect(JSON.stringify((await recordOf(conductor, id)).document).length).toBeLessThan(32_768);
  });

  it.each(['pass', 'warn'] as const)(
    'keeps it under 32 KB with the most checks, all at length and to %s, and the largest manifest',
    async (verdict) => {
      const names = Array.from({ length: 50 }, (_, at) => `${at}-`.padEnd(64, 'n'));
      const checks = names.map((name) => ({ kind: 'fake', name, critical: false }));
      const base = fakeManifest({ checks });
      const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
      const left = manifestLimitBytes - bytesOf(base) - bytesOf(',"owner":"');
      const conductor = await createTestConductor({
        manifest: fakeManifest({ checks, owner: 'o'.repeat(Math.max(1, left)) }),
      });
      const effects = { holdOnBreach: 'h'.repeat(5000) };
      for (const name of names) {
        const answer = { verdict, summary: 's'.repeat(500), evidence: {}, effects };
        conductor.checkAnswers.set(name, [answer]);
      }
      const id = await conductor.release();
      await conductor.reach(id, 'watching');

      const { document } = await recordOf(conductor, id);
      expect(bytesOf(document)).toBeLessThan(32_000);
      expect(document.checks).toHaveLength(50);
      expect(document.plan?.onBreach).toBe('hold');
      const events = await conductor.ledger.listEvents(id);
      const full = events.find(({ type }) => type === 'Check Finished');
      expect(full?.data.effects).toEqual(effects);
      const validated = events.find(({ type }) => type === 'Validated');
      expect(validated?.summary.length).toBeLessThanOrEqual(500);
    },
  );

  it('shows that a rollback is under way', async () => {
    const { conductor, id } = await watched();
    conductor.router.convergeAfter(20);
    await conductor.signal.fire('storefront-5xx');
    await conductor.clock.advance(5_000);
    expect((await recordOf(conductor, id)).phase).toBe('rolling-back');
  });

  it('watches a first release for the whole window, not for the first bake', async () => {
    const conductor = await createTestConductor({
      router: { initial: {} },
      manifest: fakeManifest({ cutover: { steps: [{ weight: 5, bake: '10s' }, 100] } }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const { watch } = (await recordOf(conductor, id)).document;
    expect(Date.parse(watch?.endsAt ?? '') - Date.parse(watch?.startedAt ?? '')).toBe(1_800_000);
  });

  it('compares with blue as it was before, when the source has forgotten it', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({
        watch: { window: '4h', interval: '10m', compare: { errorRate: { max: '2x' } } },
      }),
    });
    const anHourAgo = conductor.clock.now() - hours;
    conductor.metrics.behave(blueRef.id, { requestsPerSecond: 50, errorRate: 0.02 }, anHourAgo);
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const green = await greenOf(conductor, id);
    conductor.metrics.behave(blueRef.id, { requestsPerSecond: 0 });
    conductor.metrics.behave(green.id, { requestsPerSecond: 50, errorRate: 0.02 });
    const samples = conductor.metrics.samples.bind(conductor.metrics);
    conductor.metrics.samples = async (query) =>
      samples({ ...query, fromMs: Math.max(query.fromMs, conductor.clock.now() - hours) });
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });
});
