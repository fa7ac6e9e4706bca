import { describe, expect, it } from 'vitest';
import type { Timers } from '../../../lib/release/clock.ts';
import { eventOf } from '../../contract/ledger-samples.ts';
import { createMemoryLedger } from '../../support/fakes/ledger.ts';
import { type FaultPlan, outage, withFaults } from '../../support/faults.ts';

/** Timers that fire when they are told to. */
function createManualTimers() {
  const waiting: { delayMs: number; callback: () => void }[] = [];
  const timers: Timers = {
    after(delayMs, callback) {
      waiting.push({ delayMs, callback });
      return () => {};
    },
  };
  return { timers, waiting };
}

/** A ledger with faults, and what it really holds. */
function faultyLedger(plan: FaultPlan, timers?: Timers) {
  const real = createMemoryLedger();
  return { real, ledger: withFaults(real, plan, timers ? { timers } : {}) };
}

describe('a contract object with faults', () => {
  it('does what it always does where nothing is planned', async () => {
    const { ledger } = faultyLedger({});
    expect(await ledger.appendEvent(eventOf('a'))).toEqual({ isNew: true });
    expect(ledger.inside.events()).toHaveLength(1);
  });

  it('fails before the effect', async () => {
    const lost = new Error('never arrived');
    const { real, ledger } = faultyLedger({
      before: (method, nth) => (method === 'appendEvent' && nth === 2 ? lost : undefined),
    });
    await ledger.appendEvent(eventOf('a'));
    await expect(ledger.appendEvent(eventOf('b'))).rejects.toBe(lost);
    await ledger.appendEvent(eventOf('c'));
    expect(real.inside.events().map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('fails after the effect', async () => {
    const lost = new Error('the answer was lost');
    const { real, ledger } = faultyLedger({ after: () => lost });
    await expect(ledger.appendEvent(eventOf('a'))).rejects.toBe(lost);
    expect(real.inside.events()).toHaveLength(1);
  });

  it('happens twice', async () => {
    const { real, ledger } = faultyLedger({ twice: (method) => method === 'raiseEpoch' });
    expect(await ledger.raiseEpoch('storefront', 'rel-1')).toMatchObject({ epoch: 2 });
    expect(await ledger.getLock('storefront')).toMatchObject({ epoch: 2 });
    expect(real.inside.locks()).toHaveLength(1);
  });

  it('is late on the given timers', async () => {
    const { timers, waiting } = createManualTimers();
    const { real, ledger } = faultyLedger({ delayMs: () => 250 }, timers);
    const appending = ledger.appendEvent(eventOf('a'));
    await Promise.resolve();
    expect(real.inside.events()).toHaveLength(0);
    expect(waiting.map(({ delayMs }) => delayMs)).toEqual([250]);
    waiting[0]?.callback();
    expect(await appending).toEqual({ isNew: true });
  });

  it('refuses a plan that delays without timers', async () => {
    const { ledger } = faultyLedger({ delayMs: () => 250 });
    await expect(ledger.appendEvent(eventOf('a'))).rejects.toThrow('needs timers');
  });

  it('is down until it is up again', async () => {
    const faults = outage();
    const { ledger } = faultyLedger(faults);
    faults.down('LedgerUnavailableError');
    await expect(ledger.getLock('a')).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    faults.up();
    await expect(ledger.getLock('a')).resolves.toBeNull();
  });

  it('is down in part', async () => {
    const faults = outage();
    const { ledger } = faultyLedger(faults);
    faults.down('LedgerUnavailableError', 'appendEvent');
    await expect(ledger.getLock('a')).resolves.toBeNull();
    await expect(ledger.appendEvent(eventOf('a'))).rejects.toThrow('appendEvent is down');
  });

  it('leaves alone what answers without a promise', () => {
    const faults = outage();
    const router = withFaults({ plan: () => 'planned', atomic: true }, faults);
    faults.down('RouterUnavailableError');
    expect(router.plan()).toBe('planned');
    expect(router.atomic).toBe(true);
  });
});
