import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { blueRef, createTestConductor, fakeManifest } from '../support/conductor.ts';
import { outage, withFaults } from '../support/faults.ts';

const minutes = 60_000;
/** Longer than every Retry list of the state machines goes on. */
const busyFor = 10 * minutes;
const allOnBlue = { [blueRef.id]: 100 };

/** A conductor whose providers can all be made to ask for patience. */
async function busyConductor(watch: JsonObject = {}) {
  const faults = outage();
  const plain = fakeManifest();
  const conductor = await createTestConductor({
    manifest: { ...plain, watch: { ...(plain.watch as JsonObject), ...watch } },
    wrapRouter: (router) => withFaults(router, faults),
  });
  const { adapters } = conductor.ports;
  const { environment, metrics } = conductor;
  adapters.environment = () => withFaults(environment, faults);
  adapters.metrics = () => withFaults(metrics, faults);
  const beBusy = (...methods: string[]) => faults.down('ThrottledError', ...methods);
  return { conductor, beBusy, beFree: faults.up };
}

describe('a provider that asks for patience for ten minutes', () => {
  it('delays the admission and refuses nothing', async () => {
    const { conductor, beBusy, beFree } = await busyConductor();
    beBusy('read');
    const id = await conductor.release();
    await conductor.clock.advance(busyFor);
    expect((await conductor.operations.getRelease(id)).phase).toBe('admitting');
    beFree();
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('does not refuse a release while an old environment is just being removed', async () => {
    const { conductor } = await busyConductor();
    await conductor.ledger.acquireLock('storefront', 'retire/storefront-old');
    const id = await conductor.release();
    await conductor.clock.advance(busyFor);
    expect((await conductor.operations.getRelease(id)).outcome).toBeNull();
    await conductor.ledger.releaseLock('storefront', 'retire/storefront-old');
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it.each(['provision', 'status', 'warm'])(
    'delays provisioning and fails no release (%s)',
    async (method) => {
      const { conductor, beBusy, beFree } = await busyConductor();
      beBusy(method);
      const id = await conductor.release();
      await conductor.reach(id, 'provisioning');
      await conductor.clock.advance(busyFor);
      expect((await conductor.operations.getRelease(id)).phase).toBe('provisioning');
      beFree();
      expect(await conductor.outcomeOf(id)).toBe('completed');
    },
  );

  it('delays the cutover', async () => {
    const { conductor, beBusy, beFree } = await busyConductor();
    beBusy('apply');
    const id = await conductor.release();
    await conductor.reach(id, 'cutting-over');
    await conductor.clock.advance(busyFor);
    expect(conductor.router.weights()).toEqual(allOnBlue);
    beFree();
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('delays a check instead of failing it', async () => {
    const { conductor } = await busyConductor();
    const check = conductor.ports.adapters.check;
    let busy = 3;
    conductor.ports.adapters.check = (config) => ({
      async run(context) {
        busy -= 1;
        if (busy >= 0) throw new VerdigrisError('ThrottledError', 'later, please');
        return (await check(config)).run(context);
      },
    });
    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
    expect(busy).toBe(-1);
  });

  it('does not stop a rollback for good', async () => {
    const { conductor, beBusy, beFree } = await busyConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    beBusy('read', 'apply');
    await conductor.signal.fire('storefront-5xx');
    await conductor.clock.advance(busyFor);
    expect((await conductor.operations.getRelease(id)).outcome).toBeNull();
    beFree();
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('leaves the window to the alarms while blue and green cannot be compared', async () => {
    const { conductor, beBusy } = await busyConductor({ blindFor: '20m' });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    beBusy('samples');
    await conductor.clock.advance(busyFor);
    await conductor.signal.fire('storefront-5xx');
    await conductor.clock.advance(1000);
    expect((await conductor.operations.getRelease(id)).outcome).toBe('rolled-back');
  });

  it('keeps the window open until the last comparison is made', async () => {
    const { conductor, beBusy, beFree } = await busyConductor({ blindFor: '20m' });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    const { green } = await conductor.operations.getRelease(id);
    conductor.metrics.behave(green?.id ?? '', { requestsPerSecond: 50 }, conductor.clock.now());
    await conductor.clock.advance(29 * minutes);
    beBusy('samples');
    await conductor.clock.advance(5 * minutes);
    expect((await conductor.operations.getRelease(id)).phase).toBe('watching');
    beFree();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const { events } = await conductor.operations.getRelease(id);
    expect(events.findLast(({ type }) => type === 'Verdict')?.summary).toMatch(/^healthy/);
  });

  it('closes the window without a verdict when nothing can be measured for ten minutes and the manifest says to go on', async () => {
    const { conductor, beBusy } = await busyConductor({ onBlind: 'continue' });
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    beBusy('samples');
    await conductor.clock.advance(45 * minutes);
    const { outcome, events } = await conductor.operations.getRelease(id);
    expect(outcome).toBe('completed');
    const closed = events.find(({ type }) => type === 'Window Closed');
    expect(closed?.summary).toMatch(/not enough data.*blind for .*could not be read/);
  });
});

describe('a retirement that holds the lock for a moment', () => {
  it('does not send away who asks for a rollback', async () => {
    const { conductor } = await busyConductor();
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    await conductor.ledger.acquireLock('storefront', 'retire/storefront-old');
    const asked = conductor.operations.rollback(id, 'ann', null);
    await conductor.clock.advance(300);
    await conductor.ledger.releaseLock('storefront', 'retire/storefront-old');
    await conductor.clock.advance(300);
    await asked;
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.weights()).toEqual(allOnBlue);
  });

  it('leaves nothing to go back to when it was blue that was removed (rule 8)', async () => {
    const { conductor } = await busyConductor();
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    await conductor.ledger.acquireLock('storefront', 'retire/storefront-v1');
    const asked = conductor.operations.rollback(id, 'ann', null);
    const refusal = expect(asked).rejects.toMatchObject({ name: 'NothingToRollBackError' });
    await conductor.environment.retire(blueRef);
    await conductor.ledger.releaseLock('storefront', 'retire/storefront-v1');
    await conductor.clock.advance(300);
    await refusal;
    const { green } = await conductor.operations.getRelease(id);
    expect(conductor.router.weights()).toEqual({ [green?.id ?? '']: 100 });
  });

  it('is not waited for for ever', async () => {
    const { conductor } = await busyConductor();
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    await conductor.ledger.acquireLock('storefront', 'retire/storefront-old');
    const asked = conductor.operations.rollback(id, 'ann', null);
    const refusal = expect(asked).rejects.toMatchObject({ name: 'ThrottledError' });
    await conductor.clock.advance(5000);
    await refusal;
    expect((await conductor.operations.getRelease(id)).outcome).toBe('completed');
  });
});
