import { describe, expect, it } from 'vitest';
import type { ReleaseDocument } from '../../lib/release/document.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import { complete } from '../../lib/steps/complete.ts';
import { endRelease } from '../../lib/steps/ending.ts';
import { hold } from '../../lib/steps/hold.ts';
import { sweepStranded } from '../../lib/steps/operations/sweep-stranded.ts';
import { quietAlarms } from '../../lib/steps/quiet-alarms.ts';
import { createTestConductor, fakeManifest, type TestConductor } from '../support/conductor.ts';

const alarms = ['storefront-5xx', { name: 'storefront-cpu', informational: true }];
const watch = { window: '30m', interval: '60s', alarms };
const call = { remainingMs: () => 30_000 };
const throttled = new VerdigrisError('ThrottledError', 'Rate exceeded');

async function watched(changes = {}): Promise<{ conductor: TestConductor; id: string }> {
  const conductor = await createTestConductor({ manifest: fakeManifest({ watch, ...changes }) });
  return { conductor, id: await watchedAgain(conductor) };
}

async function watchedAgain(conductor: TestConductor, version = 'v2'): Promise<string> {
  const id = await conductor.release(version);
  await conductor.reach(id, 'watching');
  return id;
}

/** A release that ended while its alarms could not be restored. */
async function leftQuiet(changes = {}): Promise<{ conductor: TestConductor; id: string }> {
  const { conductor, id } = await watched(changes);
  conductor.signal.actionFault = throttled;
  await conductor.signal.fire('storefront-5xx');
  await conductor.outcomeOf(id);
  expect([...conductor.signal.suspended]).toEqual(['storefront-cpu']);
  conductor.signal.actionFault = null;
  return { conductor, id };
}

async function sweep({ clock, ports }: TestConductor, times = 1): Promise<void> {
  for (let nth = 0; nth < times; nth += 1) {
    await clock.advance(300_000);
    await sweepStranded(60_000, ports);
  }
}

async function documentOf({ ledger }: TestConductor, id: string): Promise<ReleaseDocument> {
  const found = await ledger.getRelease(id);
  if (!found) throw new Error(`no release ${id}`);
  return found.document;
}

/** Its next change of actions gets no answer, as that of a process that dies over it. */
function dieOver(conductor: TestConductor, what: 'suspend' | 'resume') {
  const { actions } = conductor.signal;
  if (!actions) throw new Error('no actions');
  const alive = actions[what];
  const death = Promise.withResolvers<readonly string[]>();
  actions[what] = (names) => {
    actions[what] = alive;
    death.resolve(names);
    return new Promise(() => {});
  };
  return { died: death.promise, after: alive };
}

const suspended = ({ signal }: TestConductor) => [...signal.suspended];

describe('alarms that a release left quiet', () => {
  it.each([1, 25])('are restored by the sweep behind %i refused requests', async (count) => {
    const { conductor, id } = await watched();
    for (let nth = 0; nth < count; nth += 1) {
      await conductor.clock.advance(1000);
      await expect(conductor.release('v3')).rejects.toThrow('is being released by');
    }
    const [newest] = await conductor.ledger.listReleases({ service: 'storefront', limit: 1 });
    expect(newest?.outcome).toBe('refused');
    conductor.signal.actionFault = throttled;
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    await sweep(conductor, 2);
    expect(suspended(conductor)).toEqual(['storefront-cpu']);

    conductor.signal.actionFault = null;
    await sweep(conductor);
    expect(suspended(conductor)).toEqual([]);
    expect(await conductor.events(id)).toContain('Alarms Restored');
  });

  it('are restored behind later releases that have no informational alarms', async () => {
    const { conductor } = await leftQuiet();
    await conductor.signal.clear('storefront-5xx');
    const { watch: _, ...plain } = fakeManifest();
    await conductor.operations.applyManifest('storefront', plain, 'ann');
    const later = await conductor.release('v3');
    expect(await conductor.outcomeOf(later)).toBe('completed');

    await sweep(conductor);
    expect(suspended(conductor)).toEqual([]);
  });

  it('are restored when the conductor that died between outcome and restore is started again', async () => {
    const { conductor, id } = await watched();
    const { died } = dieOver(conductor, 'resume');
    expect(await conductor.outcomeOf(id)).toBe('completed');
    await died;
    expect(suspended(conductor)).toEqual(['storefront-cpu']);

    await conductor.restart();
    expect(suspended(conductor)).toEqual([]);
  });

  it('are restored by the sweep of a conductor that goes on, without a restart', async () => {
    const { conductor } = await leftQuiet();
    conductor.signal.actionFault = throttled;
    await conductor.restart();
    expect(suspended(conductor)).toEqual(['storefront-cpu']);

    conductor.signal.actionFault = null;
    await conductor.clock.advance(31_000);
    expect(suspended(conductor)).toEqual([]);
  });

  it('are restored when the execution is stopped between outcome and restore', async () => {
    const { conductor, id } = await watched();
    dieOver(conductor, 'resume');
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(suspended(conductor)).toEqual(['storefront-cpu']);

    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');
    await conductor.clock.settle();
    expect(suspended(conductor)).toEqual([]);
  });

  it('are restored by a Complete that is repeated', async () => {
    const { conductor, id } = await watched();
    conductor.signal.actionFault = throttled;
    expect(await conductor.outcomeOf(id)).toBe('completed');
    conductor.signal.actionFault = null;

    const before = { ...(await documentOf(conductor, id)), outcome: null };
    await complete({ ...before, phase: 'completing' }, conductor.ports, call);
    expect(suspended(conductor)).toEqual([]);
  });

  it('are restored by a Hold that is repeated', async () => {
    const { conductor, id } = await leftQuiet({ onBreach: 'hold' });
    await hold({ ...(await documentOf(conductor, id)), outcome: null }, conductor.ports, call);
    expect(suspended(conductor)).toEqual([]);
  });

  it('are quiet for the next release too, and restored at its end', async () => {
    const { conductor } = await leftQuiet();
    await conductor.signal.clear('storefront-5xx');
    const next = await watchedAgain(conductor, 'v3');
    await sweep(conductor);
    expect(suspended(conductor)).toEqual(['storefront-cpu']);

    expect(await conductor.outcomeOf(next)).toBe('completed');
    expect(suspended(conductor)).toEqual([]);
  });

  it('are restored after a call that was presumed dead has quieted them late, and died', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ watch }) });
    const { died, after } = dieOver(conductor, 'suspend');
    const id = await conductor.release();
    const names = await died;
    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');
    await conductor.outcomeOf(id);
    await after(names);
    expect(suspended(conductor)).toEqual(['storefront-cpu']);

    await sweep(conductor);
    expect(suspended(conductor)).toEqual([]);
    expect(await conductor.ledger.listQuieted()).toEqual([]);
  });
});

describe('the sweep', () => {
  it('leaves the alarms of a running release quiet', async () => {
    const { conductor } = await watched();
    await sweep(conductor, 2);
    expect(suspended(conductor)).toEqual(['storefront-cpu']);
  });

  it('asks no provider when nothing is left quiet, and leaves off what a person suspends later', async () => {
    const { conductor, id } = await watched();
    expect(await conductor.outcomeOf(id)).toBe('completed');
    await conductor.signal.actions?.suspend(['storefront-cpu']);
    const calls = conductor.signal.actionCalls.length;

    await sweep(conductor, 3);
    expect(conductor.signal.actionCalls).toHaveLength(calls);
    expect(suspended(conductor)).toEqual(['storefront-cpu']);
  });
});

describe('an alarm that two services call informational', () => {
  /** A release of another service that begins to move traffic now; its alarms are those of the first. */
  async function otherRelease(conductor: TestConductor, id: string): Promise<ReleaseDocument> {
    const record = await conductor.ledger.getRelease(id);
    if (!record) throw new Error(`no release ${id}`);
    const own = { releaseId: `shop-${id}`, service: 'shop' };
    const document = { ...record.document, ...own, outcome: null };
    await conductor.ledger.createRelease({ ...record, ...own, outcome: null, document });
    await quietAlarms(document, conductor.ports, call);
    return document;
  }
  const end = (document: ReleaseDocument, conductor: TestConductor) =>
    endRelease(
      document,
      { outcome: 'rolled-back', reason: 'undone', summary: 'undone' },
      conductor.ports,
    );

  it('stays quiet until the later of them has ended', async () => {
    const { conductor, id } = await watched();
    const other = await otherRelease(conductor, id);
    await conductor.clock.advance(60_000);
    await conductor.signal.fire('storefront-5xx');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(suspended(conductor)).toEqual(['storefront-cpu']);
    const events = await conductor.ledger.listEvents(id);
    expect(events.map(({ summary }) => summary)).toContain(
      'storefront-cpu: left quiet for another release',
    );
    await sweep(conductor, 2);
    expect(suspended(conductor)).toEqual(['storefront-cpu']);

    await end(other, conductor);
    expect(suspended(conductor)).toEqual([]);
    expect(await conductor.ledger.listQuieted()).toEqual([]);
  });

  it('is restored when both end at once', async () => {
    const { conductor, id } = await watched();
    const other = await otherRelease(conductor, id);
    await conductor.clock.advance(60_000);
    const { ledger } = conductor.ports;
    const { listQuieted } = ledger;
    // Each sees what the other has quieted, and neither has restored anything yet.
    const both = Promise.withResolvers<void>();
    let looks = 0;
    ledger.listQuieted = async () => {
      const seen = await listQuieted();
      looks += 1;
      if (looks === 2) both.resolve();
      await both.promise;
      return seen;
    };
    const ended = end(other, conductor);
    await conductor.signal.fire('storefront-5xx');
    await conductor.outcomeOf(id);
    await ended;
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(suspended(conductor)).toEqual([]);
    expect(await conductor.ledger.listQuieted()).toEqual([]);
  });

  it('is restored when both ended while nothing could be restored', async () => {
    const { conductor, id } = await watched();
    const other = await otherRelease(conductor, id);
    conductor.signal.actionFault = throttled;
    await end(other, conductor);
    await conductor.signal.fire('storefront-5xx');
    await conductor.outcomeOf(id);
    conductor.signal.actionFault = null;
    await sweep(conductor);
    expect(suspended(conductor)).toEqual([]);
    expect(await conductor.ledger.listQuieted()).toEqual([]);
  });

  it('stays off for both where a person had suspended it before', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ watch }) });
    await conductor.signal.actions?.suspend(['storefront-cpu']);
    const id = await watchedAgain(conductor);
    const other = await otherRelease(conductor, id);
    await end(other, conductor);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    await sweep(conductor);
    expect(suspended(conductor)).toEqual(['storefront-cpu']);
  });
});
