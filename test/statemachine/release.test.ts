import { describe, expect, it, vi } from 'vitest';
import { VerdigrisError } from '../../lib/release/errors.ts';
import { rollbackName } from '../../lib/steps/operations/executions.ts';
import { onExecutionEnded } from '../../lib/steps/operations/on-execution-ended.ts';
import { blueRef, createTestConductor, fakeManifest } from '../support/conductor.ts';
import { answering, createFakeCheck, notYet } from '../support/fakes/check.ts';

const greenOf = async (conductor: Awaited<ReturnType<typeof createTestConductor>>, id: string) => {
  const green = (await conductor.ledger.getRelease(id))?.document.green;
  if (!green) throw new Error('green was not provisioned');
  return green;
};

describe('a release that goes well', () => {
  it('makes green live, keeps blue for its retention time, and then retires it', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const green = await greenOf(conductor, id);
    conductor.metrics.behave(green.id, { requestsPerSecond: 50 });

    expect(await conductor.outcomeOf(id)).toBe('completed');

    expect(conductor.router.weights()).toEqual({ [green.id]: 100 });
    expect((await conductor.store.get('release', id))?.status).toBe('succeeded');
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
    expect(conductor.environment.retired).toEqual([]);
    await conductor.clock.advance(86_400_000 + 60_000);
    expect(conductor.environment.retired).toEqual([blueRef.id]);
  });

  it('writes every transition down in order and tells notifiers the public ones (rule 10)', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({ watch: { window: '2m', interval: '60s' } }),
    });
    const id = await conductor.release();
    await conductor.outcomeOf(id);

    expect(await conductor.events(id)).toEqual([
      'Release Requested',
      'Release Admitted',
      'Provisioned',
      'Check Finished',
      'Validated',
      'Shift Intended',
      'Traffic Shifted',
      'Window Opened',
      'Verdict',
      'Verdict',
      'Window Closed',
      'Retire Scheduled',
      'Completed',
    ]);
    expect(conductor.sent.map((event) => event.type)).toEqual([
      'Release Admitted',
      'Provisioned',
      'Validated',
      'Traffic Shifted',
      'Completed',
    ]);
  });

  it('shifts in the steps that the manifest lists and watches each of them', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({
        cutover: { steps: [{ weight: 5, bake: '10m' }, { weight: 50, bake: '10m' }, 100] },
      }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.measureGreen(id);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const green = await greenOf(conductor, id);

    expect(conductor.router.history.map((route) => route.weights[green.id] ?? 0)).toEqual([
      0, 5, 50, 100,
    ]);
    for (const route of conductor.router.history) {
      const sum = Object.values(route.weights).reduce((total, weight) => total + weight, 0);
      expect(sum).toBe(100);
    }
    const gaps = conductor.router.history.slice(1).map((route) => route.atMs);
    expect((gaps[1] ?? 0) - (gaps[0] ?? 0)).toBeGreaterThanOrEqual(600_000);
  });

  it('stays small: the document is under 32 KB at every border', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    const document = (await conductor.ledger.getRelease(id))?.document;
    expect(JSON.stringify(document).length).toBeLessThan(32_768);
  });

  it('makes the first release of a service live with all traffic at once', async () => {
    const conductor = await createTestConductor({ router: { initial: {} } });
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(conductor.router.weights()).toEqual({ [(await greenOf(conductor, id)).id]: 100 });
  });
});

describe('provisioning and checks', () => {
  it('waits for a green that takes its time', async () => {
    const conductor = await createTestConductor();
    conductor.environment.faults.readyAfterCalls = 5;
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('discards a green that never comes up, and blue never notices', async () => {
    const conductor = await createTestConductor();
    conductor.environment.faults.failWith = 'exit code 1: cannot find module';
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect(await conductor.executionError(id)).toBe('Discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('cannot find module');
    expect(conductor.router.history).toHaveLength(1);
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it('calls a pending check again until it passes', async () => {
    const conductor = await createTestConductor();
    conductor.checkAnswers.set('smoke', [
      { verdict: 'pending', summary: 'warming up', retryAfterSeconds: 5 },
      { verdict: 'pending', summary: 'warming up', retryAfterSeconds: 5 },
      { verdict: 'pass', summary: 'fine', evidence: {} },
    ]);
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const checks = (await conductor.events(id)).filter((type) => type === 'Check Finished');
    expect(checks).toHaveLength(1);
  });

  it('tells a check that waits for how long it has been asked', async () => {
    const conductor = await createTestConductor();
    const check = createFakeCheck([notYet(5), notYet(20), answering('pass')]);
    Object.assign(conductor.ports.adapters, { check: () => check });
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(check.contexts.map((it) => Math.round(it.waitedSeconds))).toEqual([0, 5, 25]);
  });

  it('gives green no traffic when a critical check fails (rule 3)', async () => {
    const conductor = await createTestConductor();
    conductor.checkAnswers.set('smoke', [
      { verdict: 'fail', summary: '/products is 500', evidence: {} },
    ]);
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('/products is 500');
    expect(conductor.router.history).toHaveLength(1);
    expect(conductor.environment.retired).toHaveLength(1);
  });

  it('goes on when a check that is not critical fails', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({ checks: [{ kind: 'fake', name: 'smoke', critical: false }] }),
    });
    conductor.checkAnswers.set('smoke', [{ verdict: 'fail', summary: 'no favicon', evidence: {} }]);
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });
});

describe('approval', () => {
  const manifest = fakeManifest({ approval: { count: 2, expiresIn: '2h' } });

  it('shifts only when enough different people have approved (rule 3)', async () => {
    const conductor = await createTestConductor({ manifest });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');

    await conductor.operations.approve(id, 'ann', null);
    await conductor.operations.approve(id, 'ann', 'again');
    await conductor.clock.settle();
    expect(conductor.router.history).toHaveLength(1);

    await conductor.operations.approve(id, 'bob', 'looks good');
    await conductor.reach(id, 'watching');
    expect(conductor.router.history).toHaveLength(2);
  });

  it('discards a rejected release and says who and why', async () => {
    const conductor = await createTestConductor({ manifest });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    await conductor.operations.reject(id, 'bob', 'not on a Friday');

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain(
      'bob rejected the release: not on a Friday',
    );
    expect(conductor.router.history).toHaveLength(1);
  });

  it('lets a release expire that nobody approves in time, and a late approval is refused', async () => {
    const conductor = await createTestConductor({ manifest });
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('expired');
    expect(await conductor.executionError(id)).toBe('Expired');
    expect((await conductor.ledger.getRelease(id))?.reason).toBe('nobody decided within 2h');
    await expect(conductor.operations.approve(id, 'ann', null)).rejects.toMatchObject({
      name: 'ApprovalClosedError',
    });
  });

  it('counts a breach while waiting', async () => {
    const conductor = await createTestConductor({ manifest });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    await conductor.signal.fire('storefront-5xx', '12 % of requests fail');

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('12 % of requests fail');
    expect(conductor.router.history).toHaveLength(1);
  });
});

describe('breaches after the cutover', () => {
  it('rolls back at once when an alarm fires, without waiting for the interval', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.clock.advance(90_000);
    const firedAt = conductor.clock.now();
    await conductor.signal.fire('storefront-5xx', '12 % of requests fail');
    await conductor.clock.settle();

    const last = conductor.router.history.at(-1);
    expect(last?.weights).toEqual({ [blueRef.id]: 100 });
    expect(last?.atMs).toBe(firedAt);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(await conductor.executionError(id)).toBe('RolledBack');
    expect(await conductor.events(id)).toContain('Alarm Fired');
  });

  it('finds an alarm that fired between two tokens', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const { ledger } = conductor;
    const putWatch = ledger.putWatch.bind(ledger);
    // The alarm goes off while the next token is on its way: the old one is stale, the new one unknown.
    ledger.putWatch = async (watch) => {
      ledger.putWatch = putWatch;
      await conductor.signal.fire('storefront-5xx', 'fired in between');
      await putWatch(watch);
    };

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('fired in between');
  });

  it('finds an alarm that fired and cleared again between two tokens', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const { ledger } = conductor;
    const putWatch = ledger.putWatch.bind(ledger);
    ledger.putWatch = async (watch) => {
      ledger.putWatch = putWatch;
      await conductor.signal.fire('storefront-5xx', 'a short one');
      await conductor.signal.clear('storefront-5xx');
      await putWatch(watch);
    };
    const lookAt = conductor.clock.now() + 60_000;

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.history.at(-1)?.atMs).toBe(lookAt);
  });

  it('rolls back when green is worse than blue by comparison', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const green = await greenOf(conductor, id);
    conductor.metrics.behave(green.id, { requestsPerSecond: 50, latencyMs: 40 });

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('green 40 ms, blue 10 ms');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
    await conductor.clock.advance(1_000);
    expect(conductor.environment.retired).toEqual([green.id]);
  });

  it('undoes a canary step too', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({ cutover: { steps: [{ weight: 5, bake: '10m' }, 100] } }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('holds instead of rolling back where the manifest says so, and goes on when resumed', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');

    expect(await conductor.outcomeOf(id)).toBe('held');
    expect(await conductor.executionError(id)).toBe('Held');
    const green = await greenOf(conductor, id);
    expect(conductor.router.weights()).toEqual({ [green.id]: 100 });
    await expect(conductor.release('v3')).rejects.toMatchObject({ details: { releaseId: id } });

    await conductor.operations.resume(id, 'continue', 'ann', 'the alarm is a false one');
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(conductor.router.weights()).toEqual({ [green.id]: 100 });
  });

  it('rolls a held release back when resumed so', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    await conductor.outcomeOf(id);

    await conductor.operations.resume(id, 'rollback', 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it('continues a held canary with the steps that are left', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({
        onBreach: 'hold',
        cutover: { steps: [{ weight: 5, bake: '10m' }, 100] },
      }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('held');
    const green = await greenOf(conductor, id);
    expect(conductor.router.weights()[green.id]).toBe(5);

    await conductor.operations.resume(id, 'continue', 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(conductor.router.weights()).toEqual({ [green.id]: 100 });
  });

  it('holds a first release that breaches: there is no side to go back to', async () => {
    const conductor = await createTestConductor({ router: { initial: {} } });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('held');
  });
});

describe('alarms that fired before (rule 11)', () => {
  it('refuses a release while a watched alarm fires', async () => {
    const conductor = await createTestConductor();
    await conductor.signal.fire('storefront-5xx', 'broken since noon');
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('refused');
    expect(await conductor.executionError(id)).toBe('Refused');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('broken since noon');
    expect(conductor.environment.provisioned).toEqual([]);
  });

  it('ignores it when told so, says which, and lets the release mend it', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({
        watch: {
          window: '30m',
          interval: '60s',
          alarms: ['storefront-5xx'],
          alreadyFiring: 'ignore',
        },
      }),
    });
    await conductor.signal.fire('storefront-5xx', 'broken since noon');
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const ignored = (await conductor.ledger.listEvents(id)).find(
      (event) => event.type === 'Alarm Ignored',
    );
    expect(ignored?.data).toMatchObject({ alarm: 'storefront-5xx' });
  });

  it('counts an ignored alarm that clears and fires anew', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({
        watch: {
          window: '30m',
          interval: '60s',
          alarms: ['storefront-5xx'],
          alreadyFiring: 'ignore',
        },
      }),
    });
    await conductor.signal.fire('storefront-5xx', 'broken since noon');
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.clock.advance(120_000);
    await conductor.signal.clear('storefront-5xx');
    await conductor.clock.advance(1_000);
    await conductor.signal.fire('storefront-5xx', 'broken in a new way');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });
});

describe('conflicts over the route', () => {
  it('does not take what somebody sent to green by hand for a shift of its own (rules 3 and 9)', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({ approval: { required: true } }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    const green = await greenOf(conductor, id);
    conductor.router.editByHand({ [green.id]: 100 });

    await conductor.operations.approve(id, 'bob', null);

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await conductor.ledger.getRelease(id))?.reason).toMatch(/before this release did/);
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('discards a release when somebody changed the route before its first shift (rule 9)', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ approval: {} }) });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    conductor.router.editByHand({ 'storefront-v0': 100 });
    await conductor.operations.approve(id, 'ann', null);

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('changed by somebody else');
    expect(conductor.router.weights()).toEqual({ 'storefront-v0': 100 });
  });

  it('does not complete a release whose traffic somebody moved away from green', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    conductor.router.editByHand({ [blueRef.id]: 100 });
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('does not remove a rejected green that somebody sent traffic to (rule 8)', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ approval: {} }) });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    const green = await greenOf(conductor, id);
    conductor.router.editByHand({ [green.id]: 100 });
    await conductor.operations.reject(id, 'bob', null);

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('refuses a second release of the same service with the id of the first (rule 6)', async () => {
    const conductor = await createTestConductor();
    const first = await conductor.release('v2');
    await conductor.reach(first, 'watching');
    await expect(conductor.release('v3')).rejects.toMatchObject({
      name: 'ReleaseInProgressError',
      details: { releaseId: first },
    });
    const refused = (await conductor.ledger.listReleases({ service: 'storefront', limit: 5 }))[0];
    expect(refused?.outcome).toBe('refused');
    expect(await conductor.ledger.getLock('storefront')).toMatchObject({ releaseId: first });
  });
});

describe('a first shift that fails half way', () => {
  it('leaves alone what somebody else put there between the look and the change (rule 9)', async () => {
    const conductor = await createTestConductor();
    const { ledger } = conductor;
    const recordIntent = ledger.recordIntent.bind(ledger);
    ledger.recordIntent = async (intent) => {
      await recordIntent(intent);
      conductor.router.editByHand({ 'storefront-v0': 100 });
    };
    const id = await conductor.release();

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect(conductor.router.weights()).toEqual({ 'storefront-v0': 100 });
    await conductor.clock.advance(60_000);
    expect(conductor.environment.retired).toHaveLength(1);
  });

  it('discards a release whose router refuses the change and every other one', async () => {
    const conductor = await createTestConductor();
    const refused = new VerdigrisError('PortInUseError', 'port 8081 is in use');
    conductor.router.failNext('apply', refused, Number.POSITIVE_INFINITY);
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('port 8081 is in use');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('discards a first release whose router refuses it, and nothing is routed', async () => {
    const conductor = await createTestConductor({ router: { initial: {} } });
    conductor.router.failNext(
      'apply',
      new VerdigrisError('PortInUseError', 'port 8080 is in use'),
      99,
    );
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await conductor.ledger.getRelease(id))?.reason).toContain('port 8080 is in use');
    expect(conductor.router.weights()).toEqual({});
  });

  it('goes on when only the answer was lost', async () => {
    const conductor = await createTestConductor();
    conductor.router.loseAnswers(1);
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const shifts = (await conductor.events(id)).filter((type) => type === 'Traffic Shifted');
    expect(shifts).toHaveLength(1);
  });

  it.each([true, false])(
    'gives a dying green nothing when a lost change arrives late (rule 4, conditional: %s)',
    async (isConditional) => {
      const conductor = await createTestConductor({ router: { facts: { isConditional } } });
      const late = conductor.router.delayApply({ afterMs: 20_000 });
      const id = await conductor.release();
      await conductor.clock.runUntil(() => conductor.router.calls.apply > 0);
      await conductor.signal.fire('storefront-5xx', 'something else broke');
      const outcome = await conductor.outcomeOf(id);
      await conductor.clock.advance(120_000);

      expect(late.takeEffect()).not.toBe('not-called');
      expect(['discarded', 'rolled-back']).toContain(outcome);
      expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
      const green = await greenOf(conductor, id);
      expect(conductor.environment.retired).toEqual([green.id]);
    },
  );

  it('writes the route once more although it is right, so that a lost change loses (rule 4)', async () => {
    const conductor = await createTestConductor();
    const late = conductor.router.delayApply();
    const { apply } = conductor.router;
    conductor.router.apply = async (plan, lease) => {
      // What the next try meets is not worth a third one: the conductor gives up on the shift.
      conductor.router.failNext('read', new Error('this was not foreseen'));
      conductor.router.apply = apply;
      return apply(plan, lease);
    };
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('discarded');

    expect(late.takeEffect()).toBe('conflict');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('holds instead when green was seen with traffic and the manifest forbids to go back', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    conductor.router.loseAnswers(1);
    conductor.router.convergeAfter(Number.POSITIVE_INFINITY);
    const id = await conductor.release();
    await conductor.clock.runUntil(() => conductor.router.history.length === 2);
    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');
    expect(await conductor.outcomeOf(id)).toBe('held');
    const green = await greenOf(conductor, id);
    expect(conductor.router.weights()).toEqual({ [green.id]: 100 });
    const held = await conductor.ledger.getRelease(id);
    const rollback = held ? rollbackName(held.document) : '';
    expect((await conductor.store.get('rollback', rollback))?.error).toBe('Held');
  });
});

describe('rollbacks in trouble', () => {
  const throttled = () => new VerdigrisError('RouterUnavailableError', 'the router is down');

  async function watchedRelease(conductor: Awaited<ReturnType<typeof createTestConductor>>) {
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    return id;
  }

  it('works at the third try when two fail', async () => {
    const conductor = await createTestConductor();
    const id = await watchedRelease(conductor);
    conductor.router.failNext('apply', throttled(), 2);
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('says rollback-failed loudly when it never works, and a later rollback mends it', async () => {
    const conductor = await createTestConductor();
    const id = await watchedRelease(conductor);
    conductor.router.failNext('apply', throttled(), Number.POSITIVE_INFINITY);
    await conductor.signal.fire('storefront-5xx');

    expect(await conductor.outcomeOf(id)).toBe('rollback-failed');
    expect(await conductor.executionError(id)).toBe('RollbackFailed');
    expect(conductor.sent.at(-1)?.type).toBe('Rollback Failed');
    expect(await conductor.ledger.getLock('storefront')).toMatchObject({ releaseId: id });

    conductor.router.heal();
    await conductor.operations.rollback(id, 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('puts traffic back while green is down and cannot be removed (rule 5)', async () => {
    const conductor = await createTestConductor();
    const id = await watchedRelease(conductor);
    conductor.environment.faults.failWith = 'green died';
    conductor.environment.faults.retireFailsWith = new Error('no such process');
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('tries again whatever the router answers, not only what says that it may', async () => {
    const conductor = await createTestConductor();
    const id = await watchedRelease(conductor);
    conductor.router.failNext(
      'apply',
      new VerdigrisError('PortInUseError', 'port 8081 is in use'),
      3,
    );
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('completes a release while notifiers fail', async () => {
    const conductor = await createTestConductor();
    conductor.notifierFault.error = new Error('chat is down');
    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
  });

  it('puts traffic back while notifiers fail (rule 5)', async () => {
    const conductor = await createTestConductor();
    const id = await watchedRelease(conductor);
    conductor.notifierFault.error = new Error('chat is down');
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('lets no late cutover move traffic after the rollback (rule 4)', async () => {
    const conductor = await createTestConductor();
    const late = conductor.router.delayApply();
    const id = await conductor.release();
    await conductor.clock.runUntil(async () => conductor.router.calls.apply > 0);
    await conductor.operations.rollback(id, 'ann', 'stop it');
    await conductor.outcomeOf(id);

    expect(late.takeEffect()).toBe('conflict');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });
});

describe('executions that end without a word (rule 7)', () => {
  it('puts traffic back when the execution is stopped while watching', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
    expect(await conductor.events(id)).toContain('Execution Ended');
  });

  it('starts one rollback when several hear of the end at once', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const start = vi.spyOn(conductor.ports.engine, 'start');
    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');
    const ended = { machine: 'release', name: id, status: 'aborted' } as const;
    const tell = () => onExecutionEnded({ ...ended, error: null, cause: null }, conductor.ports);
    await Promise.all([tell(), tell()]);

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const started = start.mock.calls.filter(([machine]) => machine === 'rollback');
    expect(started.length).toBeGreaterThan(1);
    expect(new Set(started.map(([, name]) => name)).size).toBe(1);
  });

  it('discards green when the execution is stopped before the cutover', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ approval: {} }) });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');

    expect(await conductor.outcomeOf(id)).toBe('discarded');
    await conductor.clock.advance(60_000);
    expect(conductor.environment.retired).toHaveLength(1);
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it('puts traffic back after the conductor was killed and started again', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.restart();

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('holds after a kill where the manifest forbids to roll back', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.restart();
    expect(await conductor.outcomeOf(id)).toBe('held');
  });
});

describe('an operator', () => {
  it('rolls a running release back at once', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const askedAt = conductor.clock.now();
    await conductor.operations.rollback(id, 'ann', 'customers call');
    await conductor.clock.settle();
    expect(conductor.router.history.at(-1)).toMatchObject({
      weights: { [blueRef.id]: 100 },
      atMs: askedAt,
    });
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('rolls back even a release that holds on breach, when it is a person who asks', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ onBreach: 'hold' }) });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.operations.rollback(id, 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('rolls a completed release back inside its retention time, and blue is not retired', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(3_600_000);
    await conductor.operations.rollback(id, 'ann', 'found a bug');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });
    await conductor.clock.advance(2 * 86_400_000);
    expect(conductor.environment.retired).not.toContain(blueRef.id);
    expect(await conductor.events(id)).toEqual(
      expect.arrayContaining(['Completed', 'Rolled Back']),
    );
  });

  it('is told when the old side is gone', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(2 * 86_400_000);
    await expect(conductor.operations.rollback(id, 'ann', null)).rejects.toMatchObject({
      name: 'NothingToRollBackError',
    });
  });

  it('never sees a live environment retired, whoever asked (rule 8)', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    conductor.router.editByHand({ [blueRef.id]: 100 });
    await conductor.clock.advance(2 * 86_400_000);
    expect(conductor.environment.retired).toEqual([]);
    expect(await conductor.events(id)).toContain('Retire Refused');
  });

  it('stops new releases with a freeze', async () => {
    const conductor = await createTestConductor();
    await conductor.operations.freeze('*', 'black friday', 'ann');
    await expect(conductor.release()).rejects.toMatchObject({ name: 'ReleaseFrozenError' });
    await conductor.operations.unfreeze('*', 'ann');
    await expect(conductor.release()).resolves.toBeTypeOf('string');
  });
});

describe('a ledger that is down', () => {
  it('does not keep traffic from going back, and the end is written when it is up again (rule 5)', async () => {
    let isDown = false;
    const conductor = await createTestConductor({
      wrapLedger: (ledger) =>
        new Proxy(ledger, {
          get(target, key) {
            const method = Reflect.get(target, key) as (...args: unknown[]) => unknown;
            return async (...args: unknown[]) => {
              if (isDown) throw new VerdigrisError('LedgerUnavailableError', 'down');
              return method.apply(target, args);
            };
          },
        }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    isDown = true;
    // Nobody can be told through the ledger: the next look finds it down and gives up on green.
    await conductor.clock.runUntil(() => conductor.router.history.length === 3);
    expect(conductor.router.weights()).toEqual({ [blueRef.id]: 100 });

    await conductor.clock.advance(120_000);
    isDown = false;
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(await conductor.events(id)).toContain('Rolled Back');
  });
});
