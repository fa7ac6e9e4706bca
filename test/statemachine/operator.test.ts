import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/release/json.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';
import { outage, withFaults } from '../support/faults.ts';

const hourMs = 3_600_000;
/** A step that has to wait looks again within seconds; nothing here waits for a window or a person. */
const atOnceMs = 10_000;
const allOnBlue = { [blueRef.id]: 100 };

/** A conductor whose router can be made to ask for patience. */
async function createScene(manifest: JsonObject = {}) {
  const faults = outage();
  const conductor = await createTestConductor({
    manifest: fakeManifest(manifest),
    wrapRouter: (router) => withFaults(router, faults),
  });
  return { conductor, faults };
}
type Scene = Awaited<ReturnType<typeof createScene>>;

/** How a release comes to stand still in a phase. */
interface Standing {
  manifest?: JsonObject;
  /** Returns the release that stands there. */
  stand(scene: Scene): Promise<string>;
  /** What held it up goes away when the rollback is asked for. */
  free?(scene: Scene): void;
  outcome: 'refused' | 'discarded' | 'rolled-back';
}

async function releaseThatReaches(
  conductor: TestConductor,
  phase: string,
  version = 'v2',
): Promise<string> {
  const id = await conductor.release(version);
  await conductor.reach(id, phase);
  await conductor.clock.advance(60_000);
  expect((await conductor.ledger.getRelease(id))?.phase).toBe(phase);
  return id;
}

async function heldRelease({ conductor }: Scene): Promise<string> {
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  await conductor.signal.fire('storefront-5xx');
  expect(await conductor.outcomeOf(id)).toBe('held');
  return id;
}

const standings: Record<string, Standing> = {
  admitting: {
    async stand({ conductor }) {
      await conductor.ledger.acquireLock('storefront', 'retire/storefront-v0');
      return releaseThatReaches(conductor, 'admitting');
    },
    outcome: 'refused',
  },
  provisioning: {
    stand({ conductor }) {
      conductor.environment.faults.readyAfterCalls = Number.POSITIVE_INFINITY;
      return releaseThatReaches(conductor, 'provisioning');
    },
    outcome: 'discarded',
  },
  validating: {
    stand({ conductor }) {
      const summary = 'still warming up';
      const answer = { verdict: 'pending' as const, summary, retryAfterSeconds: 5 };
      conductor.checkAnswers.set('smoke', [answer]);
      return releaseThatReaches(conductor, 'validating');
    },
    outcome: 'discarded',
  },
  'awaiting-approval': {
    manifest: { approval: { expiresIn: '2h' } },
    stand: ({ conductor }) => releaseThatReaches(conductor, 'awaiting-approval'),
    outcome: 'discarded',
  },
  'cutting-over, before the shift': {
    async stand({ conductor, faults }) {
      faults.down('ThrottledError', 'apply');
      return releaseThatReaches(conductor, 'cutting-over');
    },
    free: ({ faults }) => faults.up(),
    outcome: 'discarded',
  },
  'cutting-over, after the shift': {
    stand({ conductor }) {
      conductor.router.convergeAfter(1_000_000);
      return releaseThatReaches(conductor, 'cutting-over');
    },
    free: ({ conductor }) => conductor.router.convergeAfter(0),
    outcome: 'rolled-back',
  },
  watching: {
    stand: ({ conductor }) => releaseThatReaches(conductor, 'watching'),
    outcome: 'rolled-back',
  },
  completing: {
    async stand({ conductor, faults }) {
      const id = await conductor.release();
      await conductor.reach(id, 'watching');
      faults.down('ThrottledError', 'verify');
      await conductor.clock.advance(hourMs);
      expect(await conductor.events(id)).toContain('Window Closed');
      expect((await conductor.ledger.getRelease(id))?.outcome).toBeNull();
      return id;
    },
    free: ({ faults }) => faults.up(),
    outcome: 'rolled-back',
  },
  'rolling-back': {
    async stand({ conductor, faults }) {
      const id = await conductor.release();
      await conductor.reach(id, 'watching');
      faults.down('ThrottledError', 'apply');
      await conductor.signal.fire('storefront-5xx');
      await conductor.reach(id, 'rolling-back');
      return id;
    },
    free: ({ faults }) => faults.up(),
    outcome: 'rolled-back',
  },
  discarding: {
    stand({ conductor }) {
      conductor.checkAnswers.set('smoke', [{ verdict: 'fail', summary: 'no', evidence: {} }]);
      conductor.environment.faults.retireAfterCalls = Number.POSITIVE_INFINITY;
      return releaseThatReaches(conductor, 'discarding');
    },
    free: ({ conductor }) => {
      conductor.environment.faults.retireAfterCalls = 0;
    },
    outcome: 'discarded',
  },
  held: {
    manifest: { onBreach: 'hold' },
    stand: heldRelease,
    outcome: 'rolled-back',
  },
  'rollback-failed': {
    async stand({ conductor, faults }) {
      const id = await conductor.release();
      await conductor.reach(id, 'watching');
      faults.down('PortInUseError', 'apply');
      await conductor.signal.fire('storefront-5xx');
      expect(await conductor.outcomeOf(id)).toBe('rollback-failed');
      return id;
    },
    free: ({ faults }) => faults.up(),
    outcome: 'rolled-back',
  },
};

describe('a rollback that a person asks for', () => {
  it.each(Object.entries(standings))('works at once: %s', async (_, standing) => {
    const scene = await createScene(standing.manifest);
    const { conductor } = scene;
    const id = await standing.stand(scene);
    const askedAt = conductor.clock.now();
    standing.free?.(scene);

    await conductor.operations.rollback(id, 'ann', 'checkout is slow');

    expect(await conductor.outcomeOf(id)).toBe(standing.outcome);
    expect(conductor.clock.now() - askedAt).toBeLessThanOrEqual(atOnceMs);
    expect(conductor.router.weights()).toEqual(allOnBlue);
    const lock = await conductor.ledger.getLock('storefront');
    expect(lock?.releaseId).not.toBe(id);
    expect(await conductor.events(id)).toContain('Rollback Requested');
    // Green is gone, blue is not, and nobody waits for anything any more.
    await conductor.clock.advance(48 * hourMs);
    expect(conductor.environment.retired).toEqual(conductor.environment.provisioned);
  });

  it('works by the name of the service in the same way', async () => {
    const { conductor } = await createScene();
    const id = await releaseThatReaches(conductor, 'watching');
    const status = await conductor.operations.rollbackService('storefront', 'ann', null);
    expect(status.releaseId).toBe(id);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('undoes one release, not two, when somebody asks twice by the name of the service', async () => {
    const { conductor } = await createScene();
    const kept = await releaseThatReaches(conductor, 'watching');
    await conductor.outcomeOf(kept);
    const undone = await releaseThatReaches(conductor, 'watching', 'v3');
    await conductor.operations.rollbackService('storefront', 'ann', null);
    expect(await conductor.outcomeOf(undone)).toBe('rolled-back');
    const before = conductor.router.weights();

    const again = conductor.operations.rollbackService('storefront', 'ann', null);

    await expect(again).rejects.toMatchObject({
      name: 'NothingToRollBackError',
      message: expect.stringMatching(
        new RegExp(`^${undone} was rolled back already, by ann.*${kept}`),
      ),
    });
    expect(conductor.router.weights()).toEqual(before);
    await conductor.operations.rollback(kept, 'ann', null);
    expect(await conductor.outcomeOf(kept)).toBe('rolled-back');
  });

  it('works although the manifest is no longer valid', async () => {
    const { conductor } = await createScene();
    const id = await releaseThatReaches(conductor, 'watching');
    await conductor.ledger.putManifest('storefront', { service: 'storefront' }, 'x', '2026-01-01');
    await conductor.operations.rollbackService('storefront', 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('works a second and a third time without effect', async () => {
    const { conductor } = await createScene();
    const id = await releaseThatReaches(conductor, 'watching');
    await Promise.all([
      conductor.operations.rollback(id, 'ann', null),
      conductor.operations.rollback(id, 'bob', null),
    ]);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    await expect(conductor.operations.rollback(id, 'cy', null)).rejects.toMatchObject({
      name: 'NothingToRollBackError',
    });
  });

  it('holds, and says why, when blue went between the look at it and the lock (rule 2)', async () => {
    const conductor = await createTestConductor({
      wrapLedger: (ledger) => ({
        ...ledger,
        async reopenRelease(...args) {
          await conductor.environment.retire(blueRef);
          return ledger.reopenRelease(...args);
        },
      }),
    });
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');

    await conductor.operations.rollback(id, 'ann', 'looks wrong');
    expect(await conductor.outcomeOf(id)).toBe('held');

    const record = await conductor.ledger.getRelease(id);
    expect(conductor.router.weights()).toEqual({ [record?.document.green?.id ?? '']: 100 });
    expect(record?.reason).toBe(
      'looks wrong; storefront-v1 is gone, so traffic was left where it is',
    );
  });

  it('undoes a completed release as long as blue is kept, to the last hour', async () => {
    const { conductor } = await createScene({ retain: '24h' });
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(23 * hourMs);
    await conductor.operations.rollback(id, 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
    await conductor.clock.advance(48 * hourMs);
    expect(conductor.environment.retired).toEqual(conductor.environment.provisioned);
  });

  it('is refused after that, by release and by service, and changes nothing', async () => {
    const { conductor } = await createScene({ retain: '24h' });
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(25 * hourMs);
    const before = conductor.router.weights();
    const refused = { name: 'NothingToRollBackError', message: expect.stringContaining('gone') };
    await expect(conductor.operations.rollback(id, 'ann', null)).rejects.toMatchObject(refused);
    await expect(
      conductor.operations.rollbackService('storefront', 'ann', null),
    ).rejects.toMatchObject(refused);
    expect(conductor.router.weights()).toEqual(before);
    expect((await conductor.ledger.getRelease(id))?.outcome).toBe('completed');
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });
});

describe('the longest names', () => {
  it('leave room in the names of every execution of a release', async () => {
    const service = 's'.repeat(40);
    const conductor = await createTestConductor();
    await conductor.operations.applyManifest(service, fakeManifest({ service }), 'test');
    const artifact = { uri: 'memory:x', version: '1.2.3-rc.1+build.20260101.abcdef' };
    const { releaseId } = await conductor.operations.startRelease({ service, artifact, by: 'ann' });
    // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    expect(`${releaseId}-rollback-123456`).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  });
});

describe('a hold', () => {
  it.each([
    ['continue', 'completed'],
    ['rollback', 'rolled-back'],
  ] as const)('ends by a %s', async (decision, outcome) => {
    const scene = await createScene({ onBreach: 'hold' });
    const { conductor } = scene;
    const id = await heldRelease(scene);
    const green = (await conductor.ledger.getRelease(id))?.document.green?.id ?? '';
    await conductor.clock.advance(48 * hourMs);
    expect(conductor.environment.retired).toEqual([]);

    await conductor.operations.resume(id, decision, 'ann', 'looked at it');

    expect(await conductor.outcomeOf(id)).toBe(outcome);
    expect(conductor.router.weights()).toEqual(
      outcome === 'completed' ? { [green]: 100 } : allOnBlue,
    );
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it('is kept over a restart, and can be ended afterwards', async () => {
    const scene = await createScene({ onBreach: 'hold' });
    const { conductor } = scene;
    const id = await heldRelease(scene);
    await conductor.restart();
    await conductor.clock.advance(hourMs);
    expect((await conductor.ledger.getRelease(id))?.outcome).toBe('held');
    await conductor.operations.resume(id, 'rollback', 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });
});
