import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import { sweepStranded } from '../../lib/steps/operations/sweep-stranded.ts';
import {
  createTestConductor,
  fakeManifest,
  type TestConductor,
  type TestConductorOptions,
} from '../support/conductor.ts';

const watch = {
  window: '30m',
  interval: '60s',
  alarms: ['storefront-5xx', { name: 'storefront-cpu', informational: true }],
};
const create = (options: TestConductorOptions = {}, changes = {}) =>
  createTestConductor({ ...options, manifest: fakeManifest({ watch, ...changes }) });

async function watched(conductor: TestConductor) {
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  return id;
}

const eventsOf = async ({ ledger }: TestConductor, id: string) =>
  (await ledger.listEvents(id)).map(({ type, summary }) => `${type}: ${summary}`);

const cannotBeRead = new VerdigrisError('SignalUnavailableError', 'no answer');

describe('an informational alarm', () => {
  it('is in the timeline and undoes nothing', async () => {
    const conductor = await create();
    const id = await watched(conductor);
    await conductor.signal.fire('storefront-cpu', 'cpu was at 91 %');

    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(await eventsOf(conductor, id)).toContain(
      'Alarm Fired: storefront-cpu: cpu was at 91 % (informational)',
    );
    expect(await conductor.events(id)).not.toContain('Breach Recorded');
  });

  it('is in the timeline where nobody told of it', async () => {
    const conductor = await create();
    conductor.ledger.watchesOf = async () => [];
    const id = await watched(conductor);
    await conductor.signal.fire('storefront-cpu', 'cpu was at 91 %');

    expect(await conductor.outcomeOf(id)).toBe('completed');
    const fired = (await conductor.events(id)).filter((type) => type === 'Alarm Fired');
    expect(fired).toHaveLength(1);
  });

  it('keeps no release out that begins while it fires', async () => {
    const conductor = await create();
    await conductor.signal.fire('storefront-cpu');

    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
  });

  it('is critical where the manifest names it as such, too', async () => {
    const alarms = ['storefront-cpu', { name: 'storefront-cpu', informational: true }];
    const conductor = await create({}, { watch: { ...watch, alarms } });
    const id = await watched(conductor);
    expect(conductor.signal.actionCalls).toEqual([]);
    await conductor.signal.fire('storefront-cpu');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('stops no release when it cannot be looked at', async () => {
    const conductor = await create();
    const { firing } = conductor.signal;
    conductor.signal.firing = async (names) => {
      if (names.includes('storefront-cpu')) throw cannotBeRead;
      return firing(names);
    };

    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
  });
});

describe('the actions of an informational alarm', () => {
  it('are suspended from before the first shift until the release has ended, critical ones never', async () => {
    const conductor = await create({}, { cutover: { steps: [{ weight: 5, bake: '10m' }, 100] } });
    const id = await watched(conductor);
    expect([...conductor.signal.suspended]).toEqual(['storefront-cpu']);

    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(conductor.signal.actionCalls).toEqual([
      'suspend storefront-cpu',
      'resume storefront-cpu',
    ]);
    const types = await conductor.events(id);
    expect(types.indexOf('Alarms Quieted')).toBeLessThan(types.indexOf('Traffic Shifted'));
    expect(types).toContain('Alarms Restored');
  });

  it('stay as they are where somebody had suspended them before', async () => {
    const conductor = await create();
    await conductor.signal.actions?.suspend(['storefront-cpu']);
    const id = await watched(conductor);

    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(conductor.signal.actionCalls).toEqual(['suspend storefront-cpu']);
    expect(await conductor.events(id)).not.toContain('Alarms Quieted');
  });

  it('come back with a rollback', async () => {
    const conductor = await create();
    const id = await watched(conductor);
    await conductor.signal.fire('storefront-5xx');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect([...conductor.signal.suspended]).toEqual([]);
  });

  it('come back with a hold', async () => {
    const conductor = await create({}, { onBreach: 'hold' });
    const id = await watched(conductor);
    await conductor.signal.fire('storefront-5xx');

    expect(await conductor.outcomeOf(id)).toBe('held');
    expect([...conductor.signal.suspended]).toEqual([]);
  });

  it('come back when the execution of the release dies', async () => {
    const conductor = await create();
    const id = await watched(conductor);
    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect([...conductor.signal.suspended]).toEqual([]);
  });

  it('come back when the conductor dies right after it took them', async () => {
    const conductor = await create();
    const { ledger, signal } = conductor;
    const recordIntent = ledger.recordIntent.bind(ledger);
    let isDead = false;
    ledger.recordIntent = async (intent) => {
      if (!isDead && signal.suspended.size > 0) {
        isDead = true;
        // Nothing that this call knows outlives it.
        return new Promise(() => {});
      }
      return recordIntent(intent);
    };
    const id = await conductor.release();
    await conductor.clock.runUntil(async () => isDead);
    await conductor.restart();

    expect(await conductor.outcomeOf(id)).toMatch(/discarded|rolled-back|completed/);
    expect([...signal.suspended]).toEqual([]);
  });

  it('come back with the sweep where they did not at the end, and delay no rollback', async () => {
    const conductor = await create();
    const id = await watched(conductor);
    conductor.signal.actionFault = cannotBeRead;
    const firedAt = conductor.clock.now();
    await conductor.signal.fire('storefront-5xx');

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(conductor.router.history.at(-1)?.atMs).toBe(firedAt);
    expect([...conductor.signal.suspended]).toEqual(['storefront-cpu']);
    conductor.signal.actionFault = null;
    for (let sweep = 0; sweep < 3; sweep += 1) {
      await conductor.clock.advance(300_000);
      await sweepStranded(60_000, conductor.ports);
    }
    expect(conductor.signal.actionCalls).toEqual([
      'suspend storefront-cpu',
      'resume storefront-cpu',
    ]);
  });

  it('stop no release where they may not be touched', async () => {
    const conductor = await create();
    conductor.signal.actionFault = new VerdigrisError('ConfigInvalidError', 'not allowed');

    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
  });

  it.each<[string, (ledger: Ledger) => Partial<Ledger>]>([
    [
      'the timeline',
      ({ appendEvent }) => ({
        appendEvent: async (event) => {
          if (event.type === 'Alarms Quieted') throw cannotBeRead;
          return appendEvent(event);
        },
      }),
    ],
    [
      'the ledger',
      () => ({
        putQuieted: async () => {
          throw cannotBeRead;
        },
      }),
    ],
  ])('are not touched while what was in force could not be written into %s', async (_, fault) => {
    const conductor = await create({
      wrapLedger: (ledger) => ({ ...ledger, ...fault(ledger) }),
    });

    expect(await conductor.outcomeOf(await conductor.release())).toBe('completed');
    expect(conductor.signal.actionCalls).toEqual([]);
  });
});
