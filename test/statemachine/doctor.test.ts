import { describe, expect, it } from 'vitest';
import type { Finding } from '../../lib/release/diagnosis.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { sweepStranded } from '../../lib/steps/operations/sweep-stranded.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';
import { createFakeSignal } from '../support/fakes/signal.ts';

const hourMs = 3_600_000;
const { id: blue } = blueRef;

async function findings(conductor: TestConductor): Promise<Finding[]> {
  return (await conductor.operations.diagnose('storefront')).findings;
}

async function kinds(conductor: TestConductor): Promise<string[]> {
  return (await findings(conductor)).map(({ kind }) => kind);
}

async function completedRelease(conductor: TestConductor, version = 'v2') {
  const id = await conductor.release(version);
  expect(await conductor.outcomeOf(id)).toBe('completed');
  const green = (await conductor.ledger.getRelease(id))?.document.green;
  if (!green) throw new Error('green was not provisioned');
  return { id, green };
}

/** The execution that will take blue away when its retention time is over. */
async function retirementOfBlue(conductor: TestConductor, releaseId: string): Promise<string> {
  const running = await conductor.store.running();
  const found = running.find(({ name }) => name.startsWith(`${releaseId}-blue`));
  if (!found) throw new Error('no retirement runs');
  return found.name;
}

/** An engine that forgets who runs: as if its executions had never been started. */
async function strand(conductor: TestConductor, version = 'v2'): Promise<string> {
  const id = await conductor.release(version);
  await conductor.reach(id, 'watching');
  (conductor.ports.engine as unknown as { abandon(): void }).abandon();
  await conductor.store.end('release', id, 'aborted', null, 'killed');
  await conductor.clock.advance(60_000);
  return id;
}

describe('a look at a service that is well', () => {
  it('finds nothing before the first release, and what is live', async () => {
    const conductor = await createTestConductor();
    const { findings, sides } = await conductor.operations.diagnose('storefront');
    expect(findings).toEqual([]);
    expect(sides.route.live).toEqual([
      { environmentId: blue, percent: 100, version: 'v1', state: 'ready' },
    ]);
    expect(sides.ledger).toEqual({ lock: null, open: [], last: null });
    expect(sides.executions).toEqual([]);
  });

  it.each(['provisioning', 'watching', 'awaiting-approval'])(
    'finds nothing wrong with a release that is %s, and shows its execution',
    async (phase) => {
      const approval: JsonObject =
        phase === 'awaiting-approval' ? { approval: { expiresIn: '2h' } } : {};
      const conductor = await createTestConductor({ manifest: fakeManifest(approval) });
      if (phase === 'provisioning') {
        conductor.environment.faults.readyAfterCalls = Number.POSITIVE_INFINITY;
      }
      const id = await conductor.release();
      await conductor.reach(id, phase);
      await conductor.clock.advance(60_000);

      const { findings, sides } = await conductor.operations.diagnose('storefront');
      expect(findings).toEqual([]);
      expect(sides.ledger.lock).toMatchObject({ holder: id });
      expect(sides.ledger.open).toEqual([{ releaseId: id, phase, outcome: null }]);
      expect(sides.executions).toEqual([{ machine: 'release', name: id, status: 'running' }]);
    },
  );

  it('finds nothing wrong with a blue that is kept for its retention time', async () => {
    const conductor = await createTestConductor();
    const first = await completedRelease(conductor, 'v2');
    const second = await completedRelease(conductor, 'v3');
    const { findings, sides } = await conductor.operations.diagnose('storefront');
    expect(findings).toEqual([]);
    expect(sides.ledger.last).toMatchObject({ releaseId: second.id, expected: second.green });
    expect(sides.executions).toEqual([
      {
        machine: 'retire',
        name: await retirementOfBlue(conductor, second.id),
        status: 'running',
      },
    ]);
    expect(first.green.id).not.toBe(second.green.id);
  });

  it.each(['rolled-back', 'discarded'])(
    'finds nothing left of a release that is %s',
    async (how) => {
      const conductor = await createTestConductor();
      if (how === 'discarded') {
        conductor.checkAnswers.set('smoke', [{ verdict: 'fail', summary: 'no', evidence: {} }]);
      }
      const id = await conductor.release();
      if (how === 'rolled-back') {
        await conductor.reach(id, 'watching');
        await conductor.signal.fire('storefront-5xx');
      }
      expect(await conductor.outcomeOf(id)).toBe(how);
      expect(await kinds(conductor)).toEqual([]);
    },
  );

  it('does not know a service without a manifest', async () => {
    const conductor = await createTestConductor();
    const unknown = { name: 'ServiceUnknownError' };
    await expect(conductor.operations.diagnose('shop')).rejects.toMatchObject(unknown);
    await expect(conductor.operations.repair('shop', 'ann')).rejects.toMatchObject(unknown);
  });
});

describe('a rollback that takes its time in an execution of its own', () => {
  const busy = () => new VerdigrisError('ThrottledError', 'slow down');
  const rollbacks = async (conductor: TestConductor) =>
    (await conductor.store.running()).filter(({ machine }) => machine !== 'retire');

  it.each(['completed', 'held', 'stranded', 'resumed'])(
    'is not taken for stranded, nor begun twice: of a release that was %s',
    async (was) => {
      const onBreach = was === 'held' || was === 'resumed' ? 'hold' : 'rollback';
      const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach }) });
      const { operations, router, signal, clock } = conductor;
      let id = '';
      if (was === 'completed') ({ id } = await completedRelease(conductor));
      else if (was === 'stranded') id = await strand(conductor);
      else {
        id = await conductor.release();
        await conductor.reach(id, 'watching');
        await signal.fire('storefront-5xx');
        await conductor.outcomeOf(id);
      }
      router.failNext('apply', busy(), Number.POSITIVE_INFINITY);
      if (was === 'resumed') {
        router.heal();
        router.convergeAfter(1_000_000);
        await operations.resume(id, 'continue', 'ann', null);
        await clock.settle();
        router.failNext('apply', busy(), Number.POSITIVE_INFINITY);
      }
      await operations.rollback(id, 'ann', null);
      await clock.advance(5 * 60_000);

      await sweepStranded(30_000, conductor.ports);
      await operations.rollback(id, 'bob', 'is anybody there?');
      await clock.settle();

      expect(await rollbacks(conductor)).toHaveLength(1);
      expect(await kinds(conductor)).toEqual([]);
      router.heal();
      router.convergeAfter(0);
      expect(await conductor.outcomeOf(id)).toBe('rolled-back');
      expect(router.weights()).toEqual({ [blue]: 100 });
    },
  );
});

describe('a release that nobody works on', () => {
  it('is found and undone, and who asked is on record', async () => {
    const conductor = await createTestConductor();
    const id = await strand(conductor);
    expect(await findings(conductor)).toEqual([
      expect.objectContaining({ kind: 'release-stranded', subject: id, isFixable: true }),
    ]);

    const report = await conductor.operations.repair('storefront', 'ann');

    expect(report.findings[0]?.repair).toMatchObject({ isMended: true });
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blue]: 100 });
    const told = (await conductor.ledger.listEvents(id)).find(({ type }) => type === 'Repaired');
    expect(told).toMatchObject({ by: 'ann', data: { kind: 'release-stranded' } });
    expect(await kinds(conductor)).toEqual([]);
  });

  it('is held instead where the manifest says so', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await strand(conductor);
    await conductor.operations.repair('storefront', 'ann');
    expect(await conductor.outcomeOf(id)).toBe('held');
    expect(await findings(conductor)).toEqual([
      expect.objectContaining({ kind: 'release-held', state: 'warn', isFixable: false }),
    ]);
  });

  it('is not taken for one as long as its execution may just be starting', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    (conductor.ports.engine as unknown as { abandon(): void }).abandon();
    await conductor.store.end('release', id, 'aborted', null, 'killed');
    expect(await kinds(conductor)).toEqual([]);
  });
});

describe('a lock that nobody needs', () => {
  it('is found and freed when its release has ended', async () => {
    const conductor = await createTestConductor();
    const { id } = await completedRelease(conductor);
    // No operation leaves such a lock; a ledger that was put back from a copy may have one.
    const { ledger } = conductor;
    const record = await ledger.getRelease(id);
    conductor.ledger.getRelease = async () => null;
    await ledger.acquireLock('storefront', 'lost');
    conductor.ledger.getRelease = async (asked) =>
      record && asked === 'lost' ? { ...record, releaseId: 'lost' } : record;
    expect(await kinds(conductor)).toEqual(['lock-stuck']);

    const report = await conductor.operations.repair('storefront', 'ann');
    expect(report.findings[0]?.repair).toMatchObject({ isMended: true });
    expect(await ledger.getLock('storefront')).toBeNull();
  });

  it('is found and freed when nobody knows its release', async () => {
    const conductor = await createTestConductor();
    await conductor.ledger.acquireLock('storefront', 'lost');
    expect(await kinds(conductor)).toEqual(['lock-without-record']);
    await conductor.operations.repair('storefront', 'ann');
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it('is left alone when somebody else has taken it between the look and the repair', async () => {
    const conductor = await createTestConductor();
    const { ledger } = conductor;
    await ledger.acquireLock('storefront', 'lost');
    const { getLock } = ledger;
    let looks = 0;
    ledger.getLock = async (service) => {
      looks += 1;
      // One before and one after the look; the third is the repair's own.
      if (looks === 3) {
        await ledger.releaseLock('storefront', 'lost');
        await ledger.acquireLock('storefront', 'other');
      }
      return getLock(service);
    };
    const report = await conductor.operations.repair('storefront', 'ann');
    expect(report.findings[0]?.repair).toMatchObject({ isMended: false });
    expect(await getLock('storefront')).toMatchObject({ releaseId: 'other' });
  });

  it('is found when a retirement died while it had it, and left to the sweep', async () => {
    const conductor = await createTestConductor();
    await conductor.ledger.acquireLock('storefront', 'retire/rel-0-blue-1');
    expect(await findings(conductor)).toEqual([
      expect.objectContaining({ kind: 'lock-of-retirement', isFixable: false }),
    ]);
    await conductor.operations.repair('storefront', 'ann');
    expect(await conductor.ledger.getLock('storefront')).not.toBeNull();
    await sweepStranded(0, conductor.ports);
    await sweepStranded(0, conductor.ports);
    expect(await kinds(conductor)).toEqual([]);
  });

  it('is nothing to tell of while the retirement runs', async () => {
    const conductor = await createTestConductor();
    const { id } = await completedRelease(conductor);
    const name = await retirementOfBlue(conductor, id);
    await conductor.ledger.acquireLock('storefront', `retire/${name}`);
    expect(await kinds(conductor)).toEqual([]);
  });
});

describe('an environment that is left over', () => {
  /** A green whose retirement was stopped before it began. */
  async function leaveOver(conductor: TestConductor): Promise<string> {
    conductor.environment.faults.retireFailsWith = new Error('the provider says no');
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    await conductor.signal.clear('storefront-5xx');
    await conductor.clock.advance(24 * hourMs);
    conductor.environment.faults.retireFailsWith = null;
    return conductor.environment.provisioned[0] ?? '';
  }

  it('is found and retired', async () => {
    const conductor = await createTestConductor();
    const green = await leaveOver(conductor);
    expect(await findings(conductor)).toEqual([
      expect.objectContaining({ kind: 'environment-leftover', subject: green, isFixable: true }),
    ]);
    await conductor.operations.repair('storefront', 'ann');
    await conductor.clock.advance(60_000);
    expect(conductor.environment.retired).toEqual([green]);
    expect(await kinds(conductor)).toEqual([]);
  });

  it('is no longer one while it is being retired, and is again when that fails again', async () => {
    const conductor = await createTestConductor();
    const green = await leaveOver(conductor);
    conductor.environment.faults.retireFailsWith = new Error('still not');
    await conductor.operations.repair('storefront', 'ann');
    expect(await kinds(conductor)).toEqual([]);
    await conductor.clock.advance(24 * hourMs);
    expect(await kinds(conductor)).toEqual(['environment-leftover']);
    conductor.environment.faults.retireFailsWith = null;
    await conductor.operations.repair('storefront', 'ann');
    await conductor.clock.advance(60_000);
    expect(conductor.environment.retired).toEqual([green]);
  });

  it('stays when traffic goes there by the time the retirement looks (rule 8)', async () => {
    const conductor = await createTestConductor();
    const green = await leaveOver(conductor);
    await conductor.operations.repair('storefront', 'ann');
    conductor.router.editByHand({ [green]: 100 });
    await conductor.clock.advance(hourMs);
    expect(conductor.environment.retired).toEqual([]);
  });

  it('is kept for the rest of its retention time where a release may go back to it', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ retain: '48h' }) });
    const first = await completedRelease(conductor, 'v2');
    const second = await completedRelease(conductor, 'v3');
    await conductor.ports.engine.stop(
      'retire',
      await retirementOfBlue(conductor, second.id),
      'somebody stopped it',
    );
    await conductor.clock.settle();
    expect(await findings(conductor)).toEqual([
      expect.objectContaining({ kind: 'environment-leftover', subject: first.green.id }),
    ]);

    await conductor.operations.repair('storefront', 'ann');
    await conductor.clock.advance(47 * hourMs);
    expect(conductor.environment.retired).not.toContain(first.green.id);
    await conductor.clock.advance(2 * hourMs);
    expect(conductor.environment.retired).toContain(first.green.id);
  });

  it('is told, but never removed, when its release is not on record', async () => {
    const conductor = await createTestConductor();
    const { ref } = await begun(conductor, 'another-conductors-release');
    const [finding] = await findings(conductor);
    expect(finding).toMatchObject({ subject: ref.id, isFixable: false });
    const report = await conductor.operations.repair('storefront', 'ann');
    expect(report.findings[0]?.repair).toBeNull();
    await conductor.clock.advance(24 * hourMs);
    expect(conductor.environment.retired).toEqual([]);
  });

  it("is not looked for among another service's, which may share the function", async () => {
    const conductor = await createTestConductor();
    const { id } = await completedRelease(conductor);
    const record = await conductor.ledger.getRelease(id);
    if (!record) throw new Error('no record');
    await conductor.ledger.createRelease({ ...record, releaseId: 'shop-1', service: 'shop' });
    await begun(conductor, 'shop-1');
    expect(await kinds(conductor)).toEqual([]);
  });

  it('is nothing that a running release goes back to, even where its retirement was refused', async () => {
    const conductor = await createTestConductor();
    const { green } = await completedRelease(conductor, 'v2');
    await completedRelease(conductor, 'v3');
    conductor.router.editByHand({ [green.id]: 100 });
    await conductor.clock.advance(25 * hourMs);
    const id = await conductor.release('v4');
    await conductor.reach(id, 'watching');
    expect((await conductor.ledger.getRelease(id))?.document.blue?.id).toBe(green.id);
    expect(await kinds(conductor)).toEqual([]);
  });

  it('is nothing that a held release may still need', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    await conductor.outcomeOf(id);
    expect(await kinds(conductor)).toEqual(['release-held']);
  });

  async function begun(conductor: TestConductor, releaseId: string) {
    const ref = await conductor.environment.provision({ uri: 'memory:x', version: 'x' }, releaseId);
    if (!ref) throw new Error('not begun');
    return { ref };
  }
});

describe('a route that matches no record', () => {
  it.each([
    ['is split', { [blue]: 50 }, 'route-split'],
    ['was put back past Verdigris', { [blue]: 100 }, 'route-unexpected'],
    ['leads to nothing', { nobody: 100 }, 'route-to-nothing'],
  ])('is found when it %s, and left to a person', async (_, weights, kind) => {
    const conductor = await createTestConductor();
    const { green } = await completedRelease(conductor);
    const shares: Record<string, number> = { ...weights };
    if (kind === 'route-split') shares[green.id] = 50;
    conductor.router.editByHand(shares);

    const found = (await findings(conductor)).find((it) => it.kind === kind);
    expect(found).toMatchObject({ state: 'fail', isFixable: false });
    const before = conductor.router.history.length;
    await conductor.operations.repair('storefront', 'ann');
    await conductor.clock.advance(60_000);
    expect(conductor.router.history).toHaveLength(before);
    expect(conductor.environment.retired).toEqual([]);
  });

  it('is found while a release holds: a side that is neither blue nor green', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    await conductor.outcomeOf(id);
    conductor.router.editByHand({ nobody: 100 });
    expect(await kinds(conductor)).toEqual([
      'route-to-nothing',
      'route-unexpected',
      'release-held',
    ]);
  });

  it('says so when the router cannot be read, and takes nothing for a leftover', async () => {
    const conductor = await createTestConductor();
    await completedRelease(conductor);
    conductor.router.failNext('read', new Error('no answer'), Number.POSITIVE_INFINITY);
    expect(await kinds(conductor)).toEqual(['route-unreadable']);
  });

  it('says nothing of a live side that a new manifest routes to in another way', async () => {
    const conductor = await createTestConductor();
    await completedRelease(conductor);
    const router = { kind: 'fake', alias: 'another' };
    await conductor.operations.applyManifest('storefront', fakeManifest({ router }), 'ann');
    conductor.router.editByHand({ [blue]: 100 });
    expect(await kinds(conductor)).not.toContain('route-unexpected');
  });
});

describe('what stands in the way of the next release', () => {
  it('is found in alarms: those that do not exist, and those that have no action', async () => {
    const manifest = fakeManifest({
      watch: { window: '30m', interval: '60s', alarms: ['storefront-5xx', 'shy', 'nobody'] },
    });
    const conductor = await createTestConductor({ manifest });
    const alarms = ['storefront-5xx', 'shy'];
    const signal = createFakeSignal({ alarms, withoutAction: ['shy'] });
    conductor.ports.adapters.signal = () => signal;
    expect(await findings(conductor)).toEqual([
      expect.objectContaining({ kind: 'alarm-without-action', state: 'warn', subject: 'shy' }),
      expect.objectContaining({ kind: 'alarm-unknown', state: 'fail', subject: 'nobody' }),
    ]);
  });

  it('is found in a manifest that is no longer valid; the rest is looked at all the same', async () => {
    const conductor = await createTestConductor();
    const { green } = await completedRelease(conductor);
    await conductor.ledger.putManifest('storefront', { service: 'storefront' }, 'x', '2026-01-02');
    const { findings, sides } = await conductor.operations.diagnose('storefront');
    expect(findings.map(({ kind }) => kind)).toEqual(['manifest-invalid']);
    expect(sides.route.weights).toEqual({ [green.id]: 100 });
    expect(await conductor.operations.listServices()).toEqual([
      expect.objectContaining({ service: 'storefront', owner: null, traffic: null }),
    ]);
  });

  it('is found in a manifest that is not valid before anything was released', async () => {
    const conductor = await createTestConductor();
    await conductor.ledger.putManifest('storefront', { service: 'storefront' }, 'x', '2026-01-02');
    expect(await kinds(conductor)).toEqual(['manifest-invalid']);
  });

  it('is found in a rollback that failed', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    conductor.router.failNext('apply', new Error('no'), Number.POSITIVE_INFINITY);
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rollback-failed');
    expect(await findings(conductor)).toEqual([
      expect.objectContaining({
        kind: 'rollback-failed',
        subject: id,
        mend: expect.stringContaining(`verdigris rollback ${id}`),
      }),
    ]);
  });
});
