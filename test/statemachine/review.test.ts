/**
 * What the review of the AWS platform found, each as a scenario of its own: see docs/rules.md for the
 * rule that it broke.
 */
import { describe, expect, it } from 'vitest';
import type { CheckAnswer } from '../../lib/checks/check.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import { resumeName, rollbackName } from '../../lib/steps/operations/executions.ts';
import { sweepStranded } from '../../lib/steps/operations/sweep-stranded.ts';
import { retireName } from '../../lib/steps/retire.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';
import { outage, withFaults } from '../support/faults.ts';

const minutes = 60_000;
const hours = 60 * minutes;
const allOnBlue = { [blueRef.id]: 100 };
const pass: CheckAnswer = { verdict: 'pass', summary: 'fine', evidence: {} };
const fail: CheckAnswer = { verdict: 'fail', summary: 'broken', evidence: {} };

async function documentOf(conductor: TestConductor, id: string) {
  const record = await conductor.ledger.getRelease(id);
  if (!record) throw new Error(`no release ${id}`);
  return record.document;
}

describe('names of executions', () => {
  it('fit into what Step Functions takes, however long service and version are (rule 7)', async () => {
    const service = `s${'x'.repeat(38)}y`;
    const conductor = await createTestConductor();
    await conductor.operations.applyManifest(service, fakeManifest({ service }), 'test');
    const version = `2026-11-23.${'9'.repeat(53)}`;
    const artifact = { uri: 'memory:v', version };
    const status = await conductor.operations.startRelease({ service, artifact, by: 'ann' });
    const document = { ...(await documentOf(conductor, status.releaseId)), epoch: 999_999 };
    const names = [
      status.releaseId,
      rollbackName(document),
      resumeName(document),
      retireName(document, 'green'),
    ];
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  });
});

describe('a critical check that failed', () => {
  it.each([
    ['ThrottledError', 'load'],
    ['LedgerUnavailableError', 'load'],
    ['ThrottledError', 'smoke'],
    ['LedgerUnavailableError', 'smoke'],
  ] as const)(
    'is not forgotten because of a %s about the verdict of %s (rules 3 and 10)',
    async (name, check) => {
      let isHit = false;
      const checks = ['smoke', 'load'].map((it) => ({ kind: 'fake', name: it }));
      const conductor = await createTestConductor({
        manifest: fakeManifest({ checks }),
        wrapLedger: (ledger) => ({
          ...ledger,
          async appendEvent(event) {
            const isFirst = event.data.name === check && !isHit;
            if (!isFirst) return ledger.appendEvent(event);
            isHit = true;
            throw new VerdigrisError(name, 'later');
          },
        }),
      });
      conductor.checkAnswers.set('smoke', [fail, pass]);
      const id = await conductor.release();
      expect(await conductor.outcomeOf(id)).toBe('discarded');
      expect(isHit).toBe(true);
      expect(conductor.router.weights()).toEqual(allOnBlue);
    },
  );

  it('is found on record when the call that wrote it down was lost (rule 3)', async () => {
    const conductor = await createTestConductor();
    const slow: CheckAnswer = { verdict: 'pending', summary: 'wait', retryAfterSeconds: 30 };
    conductor.checkAnswers.set('smoke', [slow, pass]);
    const id = await conductor.release();
    await conductor.reach(id, 'validating');
    // A call that was killed between the record and its answer leaves this.
    await conductor.ledger.appendEvent({
      id: `${id}#check-smoke`,
      type: 'Check Finished',
      releaseId: id,
      service: 'storefront',
      at: new Date(conductor.clock.now()).toISOString(),
      by: 'conductor',
      summary: 'smoke: fail, broken',
      data: { name: 'smoke', verdict: 'fail', isCritical: true, evidence: {} },
    });
    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.operations.getRelease(id)).reason).toContain('smoke: broken');
  });
});

describe('a first release', () => {
  it('is not ended while its first change may still arrive (rules 2 and 4)', async () => {
    const conductor = await createTestConductor({ router: { initial: {} } });
    const { adapters } = conductor.ports;
    const router = await adapters.router({ kind: 'fake' }, 'storefront');
    let arrive = async (): Promise<void> => {};
    adapters.router = () => ({
      ...router,
      // The change is under way for as long as its lease lasts, and its caller hears nothing.
      apply: (plan, lease) => {
        arrive = async () => void (await router.apply(plan, lease));
        return new Promise(() => {});
      },
    });
    const id = await conductor.release();
    await conductor.reach(id, 'cutting-over');
    adapters.router = () => router;
    await conductor.ports.engine.stop('release', id, 'stopped');
    await conductor.clock.advance(5000);
    expect((await conductor.operations.getRelease(id)).outcome).toBeNull();
    await arrive();
    expect(await conductor.outcomeOf(id)).toBe('held');
    const { green } = await documentOf(conductor, id);
    expect(conductor.router.weights()).toEqual({ [green?.id ?? '']: 100 });
  });
});

describe('an alarm that was ignored before the cutover', () => {
  it.each(['ThrottledError', 'RouterUnavailableError'] as const)(
    'stays ignored when the answer of the shift ends in a %s (rule 11)',
    async (name) => {
      const faults = outage();
      const conductor = await createTestConductor({
        manifest: fakeManifest({
          watch: {
            window: '5m',
            interval: '60s',
            alarms: ['storefront-5xx'],
            alreadyFiring: 'ignore',
          },
        }),
        wrapRouter: (router) => withFaults(router, faults),
      });
      const slow: CheckAnswer = { verdict: 'pending', summary: 'wait', retryAfterSeconds: 30 };
      conductor.checkAnswers.set('smoke', [slow, pass]);
      const id = await conductor.release();
      await conductor.reach(id, 'validating');
      await conductor.signal.fire('storefront-5xx');
      // The shift is made, and its answer is lost as often as the first two calls ask.
      let lost = 0;
      faults.before = (method) => {
        lost += method === 'verify' && lost < 2 ? 1 : 0;
        return method === 'verify' && lost < 2 ? new VerdigrisError(name, 'lost') : undefined;
      };
      expect(await conductor.outcomeOf(id)).toBe('completed');
      expect(await conductor.events(id)).toContain('Alarm Ignored');
    },
  );
});

describe('a provider that throttles while a token is out', () => {
  it.each(['getBreach', 'putWatch', 'appendEvent'])(
    'ends no release (ledger: %s)',
    async (method) => {
      let left = 0;
      const busy = new VerdigrisError('ThrottledError', 'later');
      const conductor = await createTestConductor({
        wrapLedger: (ledger) =>
          withFaults(ledger, {
            before: (called) => {
              if (called !== method || left === 0) return undefined;
              left -= 1;
              return busy;
            },
          }),
      });
      const id = await conductor.release();
      await conductor.reach(id, 'watching');
      // Many more than a Retry list has for what is down.
      left = 100;
      expect(await conductor.outcomeOf(id)).toBe('completed');
      expect(left).toBe(0);
    },
  );

  it('ends no release before it is blind for too long (alarms)', async () => {
    const watch = { window: '30m', alarms: ['storefront-5xx'], blindFor: '11m' };
    const conductor = await createTestConductor({ manifest: fakeManifest({ watch }) });
    const { adapters } = conductor.ports;
    const faults = outage();
    const { signal } = conductor;
    adapters.signal = () => withFaults(signal, faults);
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    faults.down('ThrottledError');
    await conductor.clock.advance(10 * minutes);
    expect((await conductor.operations.getRelease(id)).phase).toBe('watching');
    faults.up();
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });
});

describe('a retirement that left its lock behind', () => {
  it('is found by two sweeps, and the service goes on', async () => {
    const conductor = await createTestConductor();
    await conductor.ledger.acquireLock('storefront', 'retire/storefront-gone-blue-1');
    const id = await conductor.release();
    await conductor.clock.advance(minutes);
    await sweepStranded(120_000, conductor.ports);
    expect(await conductor.ledger.getLock('storefront')).not.toBeNull();
    await sweepStranded(120_000, conductor.ports);
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('keeps its lock while its execution runs', async () => {
    const conductor = await createTestConductor();
    const first = await conductor.release();
    expect(await conductor.outcomeOf(first)).toBe('completed');
    const name = retireName(await documentOf(conductor, first), 'blue');
    await conductor.ledger.acquireLock('storefront', `retire/${name}`);
    for (let i = 0; i < 3; i += 1) await sweepStranded(0, conductor.ports);
    expect(await conductor.ledger.getLock('storefront')).toMatchObject({
      releaseId: `retire/${name}`,
    });
  });
});

describe('the sweep', () => {
  it('finds a stranded release behind many that were refused (rule 7)', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    for (let i = 0; i < 120; i += 1) await conductor.release(`v${i}`).catch(() => {});
    const execution = await conductor.store.get('release', id);
    if (!execution) throw new Error('no execution');
    conductor.ports.engine.describe = async () => ({ ...execution, status: 'aborted' });
    await conductor.clock.advance(3 * minutes);
    await sweepStranded(120_000, conductor.ports);
    expect(await conductor.ledger.getBreach(id)).toMatchObject({ kind: 'execution' });
  });

  it('leaves a request to the repetitions of its event for ten minutes', async () => {
    const conductor = await createTestConductor();
    const { engine } = conductor.ports;
    const start = engine.start.bind(engine);
    engine.start = async () => {
      throw new VerdigrisError('EngineUnavailableError', 'down');
    };
    const described = engine.describe.bind(engine);
    engine.describe = async () => {
      throw new VerdigrisError('EngineUnavailableError', 'down');
    };
    await conductor.release().catch(() => {});
    engine.start = start;
    engine.describe = described;
    const [open] = await conductor.ledger.listReleases({ limit: 1 });
    expect(open?.outcome).toBeNull();
    await conductor.clock.advance(3 * minutes);
    await sweepStranded(120_000, conductor.ports);
    expect((await conductor.ledger.getRelease(open?.releaseId ?? ''))?.outcome).toBeNull();
    await conductor.clock.advance(8 * minutes);
    await sweepStranded(120_000, conductor.ports);
    expect(await conductor.outcomeOf(open?.releaseId ?? '')).toBe('refused');
  });

  it('does not take a release for stranded that was opened again a moment ago', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('held');
    await conductor.clock.advance(3 * hours);
    const { engine } = conductor.ports;
    const start = engine.start.bind(engine);
    engine.start = async (...what) => {
      await sweepStranded(120_000, conductor.ports);
      return start(...what);
    };
    await conductor.operations.resume(id, 'continue', 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });
});

describe('a hold', () => {
  it('is not written while a change that cannot be frozen may still arrive (rule 4)', async () => {
    const faults = outage();
    const conductor = await createTestConductor({
      manifest: fakeManifest({ onBreach: 'hold', cutover: { steps: [10, 100] } }),
      wrapRouter: (router) => withFaults(router, faults),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const document = await documentOf(conductor, id);
    const deadline = new Date(conductor.clock.now() + 30_000).toISOString();
    await conductor.ledger.recordIntent({
      id: `${id}#${document.epoch}#shift-1`,
      releaseId: id,
      service: 'storefront',
      epoch: document.epoch,
      weights: {},
      deadline,
    });
    faults.down('RouterUnavailableError');
    await conductor.signal.fire('storefront-5xx');
    await conductor.clock.advance(20_000);
    expect((await conductor.operations.getRelease(id)).outcome).toBeNull();
    await conductor.clock.advance(15_000);
    expect((await conductor.operations.getRelease(id)).outcome).toBe('held');
  });

  /** Completed after a hold that interrupted Complete had lasted for three days. */
  async function completedLate() {
    const faults = outage();
    const conductor = await createTestConductor({
      manifest: fakeManifest({ onBreach: 'hold' }),
      wrapLedger: (ledger) => withFaults(ledger, faults),
    });
    const { ports } = conductor;
    const start = ports.engine.start.bind(ports.engine);
    let isCut = false;
    ports.engine.start = async (machine, name, input) => {
      const answer = await start(machine, name, input);
      if (machine === 'retire' && !isCut) faults.down('LedgerUnavailableError', 'endRelease');
      isCut ||= machine === 'retire';
      return answer;
    };
    const raise = ports.ledger.raiseEpoch.bind(ports.ledger);
    ports.ledger.raiseEpoch = async (service, id) => {
      faults.up();
      return raise(service, id);
    };
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('held');
    await conductor.clock.advance(72 * hours);
    await conductor.operations.resume(id, 'continue', 'ann', 'fine');
    expect(await conductor.outcomeOf(id)).toBe('completed');
    return { conductor, id };
  }

  it("keeps blue's retention time when it interrupted the end of a release", async () => {
    const { conductor, id } = await completedLate();
    await conductor.clock.advance(2 * hours);
    await conductor.operations.rollback(id, 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('leaves blue to its retirement in the end', async () => {
    const { conductor } = await completedLate();
    await conductor.clock.advance(23 * hours);
    expect(conductor.environment.retired).toEqual([]);
    await conductor.clock.advance(2 * hours);
    expect(conductor.environment.retired).toEqual([blueRef.id]);
  });
});

describe('a rolled back green', () => {
  it.each([
    [0, 0],
    [10, 900],
  ])(
    'goes on answering where clients follow late (%s s of propagation)',
    async (maxPropagationSeconds, seconds) => {
      const conductor = await createTestConductor({
        wrapRouter: (router) => ({
          ...router,
          facts: { ...router.facts, maxPropagationSeconds },
        }),
      });
      const id = await conductor.release();
      await conductor.reach(id, 'watching');
      await conductor.signal.fire('storefront-5xx');
      expect(await conductor.outcomeOf(id)).toBe('rolled-back');
      const { green } = await documentOf(conductor, id);
      await conductor.clock.advance(Math.max(0, seconds - 60) * 1000);
      const isKept = seconds > 0;
      expect(conductor.environment.retired.includes(green?.id ?? '')).toBe(!isKept);
      await conductor.clock.advance(2 * minutes);
      expect(conductor.environment.retired).toContain(green?.id);
    },
  );
});
