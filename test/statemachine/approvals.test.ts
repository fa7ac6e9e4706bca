import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/release/json.ts';
import { createTestConductor, fakeManifest } from '../support/conductor.ts';

type Conductor = Awaited<ReturnType<typeof createTestConductor>>;

/** A release of Ann's that waits for people. */
async function waiting(approval: JsonObject = {}, more: JsonObject = {}) {
  const manifest = fakeManifest({ approval: { expiresIn: '2h', ...approval }, ...more });
  const conductor = await createTestConductor({ manifest });
  const id = await conductor.release();
  await conductor.reach(id, 'awaiting-approval');
  return { conductor, id };
}

/** Does it while whoever tells the engine is too slow: the word is on record, and nobody heard it. */
async function unheard(
  { ports }: Conductor,
  method: 'succeed' | 'fail',
  work: () => Promise<unknown>,
): Promise<void> {
  const { engine } = ports;
  ports.engine = { ...engine, [method]: async () => 'stale' };
  await work();
  ports.engine = engine;
}

const endOf = async ({ ledger }: Conductor, id: string) => {
  const record = await ledger.getRelease(id);
  return { outcome: record?.outcome, reason: record?.reason };
};

describe('an approval that expires', () => {
  it('ends the release as expired, in a Fail state of that name, with green removed', async () => {
    const { conductor, id } = await waiting();
    const green = (await conductor.ledger.getRelease(id))?.document.green;

    expect(await conductor.outcomeOf(id)).toBe('expired');

    expect(await conductor.executionError(id)).toBe('Expired');
    expect(conductor.environment.retired).toEqual([green?.id]);
    expect(conductor.router.history).toHaveLength(1);
    expect(await conductor.ledger.getLock('storefront')).toBeNull();
  });

  it('is told to the public as Discarded with the outcome, and in the timeline by its own event', async () => {
    const { conductor, id } = await waiting();
    await conductor.outcomeOf(id);

    expect((await conductor.events(id)).slice(-2)).toEqual(['Approval Expired', 'Discarded']);
    const told = conductor.sent.at(-1);
    expect(told).toMatchObject({
      type: 'Discarded',
      summary: 'nobody decided within 2h',
      data: { outcome: 'expired' },
    });
  });

  it('is still what ended it when green takes long to be removed', async () => {
    const { conductor, id } = await waiting();
    conductor.environment.faults.retireAfterCalls = 3;
    expect(await conductor.outcomeOf(id)).toBe('expired');
    expect(await endOf(conductor, id)).toMatchObject({ reason: 'nobody decided within 2h' });
  });

  it('says who approved where that was not enough', async () => {
    const { conductor, id } = await waiting({ count: 2 });
    await conductor.operations.approve(id, 'bob', null);
    expect(await conductor.outcomeOf(id)).toBe('expired');
    expect((await endOf(conductor, id)).reason).toBe(
      'not enough people approved within 2h; only bob did',
    );
  });

  it('does not release what was approved when the time was up', async () => {
    const { conductor, id } = await waiting();
    await unheard(conductor, 'succeed', () => conductor.operations.approve(id, 'bob', null));
    expect(await conductor.outcomeOf(id)).toBe('expired');
    expect((await endOf(conductor, id)).reason).toContain('the last approval (bob) came when');
    expect(conductor.router.history).toHaveLength(1);
  });

  it('is not what ended a release that somebody rejected, whose word came late', async () => {
    const { conductor, id } = await waiting();
    await unheard(conductor, 'fail', () => conductor.operations.reject(id, 'bob', 'not today'));
    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await endOf(conductor, id)).reason).toBe('bob rejected the release: not today');
  });

  it('is not taken for the time-out of a check', async () => {
    const manifest = fakeManifest({ approval: { expiresIn: '2h' } });
    const conductor = await createTestConductor({ manifest });
    conductor.checkAnswers.set('smoke', [
      { verdict: 'pending', summary: 'warming up', retryAfterSeconds: 30 },
    ]);
    const id = await conductor.release();
    expect(await conductor.outcomeOf(id)).toBe('discarded');
  });
});

describe('a breach while people are asked', () => {
  it('discards the release, and the status says so (rule 3)', async () => {
    const { conductor, id } = await waiting({ count: 2 });
    await conductor.operations.approve(id, 'bob', null);
    await conductor.signal.fire('storefront-5xx', '12 % of requests fail');

    expect(await conductor.outcomeOf(id)).toBe('discarded');

    const status = await conductor.operations.getRelease(id);
    expect(status.breach).toMatchObject({ kind: 'alarm', by: 'alarm:storefront-5xx' });
    expect(status.reason).toContain('12 % of requests fail');
    expect(status.events.map(({ type }) => type)).toContain('Breach Recorded');
    expect(conductor.router.history).toHaveLength(1);
  });

  it('counts though the token could not be failed and the last approval came after it', async () => {
    const { conductor, id } = await waiting();
    await unheard(conductor, 'fail', () =>
      conductor.signal.fire('storefront-5xx', '12 % of requests fail'),
    );
    expect((await conductor.operations.getRelease(id)).breach?.reason).toContain('12 %');
    await conductor.operations.approve(id, 'bob', null);

    expect(['discarded', 'rolled-back']).toContain(await conductor.outcomeOf(id));
    expect((await endOf(conductor, id)).reason).toContain('12 % of requests fail');
    expect(conductor.router.weights()).toEqual({ 'storefront-v1': 100 });
  });

  it('is no expiry though the time runs out before the breach is heard', async () => {
    const { conductor, id } = await waiting();
    await unheard(conductor, 'fail', () =>
      conductor.signal.fire('storefront-5xx', '12 % of requests fail'),
    );
    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await endOf(conductor, id)).reason).toContain('12 % of requests fail');
  });
});

describe('separate duties', () => {
  it.each(['ann', 'Ann', ' ANN '])('take no yes of who asked, as "%s"', async (name) => {
    const { conductor, id } = await waiting({ separateDuties: true });
    await expect(conductor.operations.approve(id, name, null)).rejects.toMatchObject({
      name: 'SeparateDutiesError',
    });
    expect(await conductor.events(id)).not.toContain('Approval Given');
    await conductor.clock.advance(60_000);
    expect(conductor.router.history).toHaveLength(1);

    await conductor.operations.approve(id, 'bob', null);
    await conductor.reach(id, 'watching');
  });

  it('let who asked withdraw', async () => {
    const { conductor, id } = await waiting({ separateDuties: true });
    await conductor.operations.reject(id, 'ann', 'wrong version');
    expect(await conductor.outcomeOf(id)).toBe('discarded');
    expect((await endOf(conductor, id)).reason).toContain('ann rejected the release');
  });

  it('say in the request whose yes does not count', async () => {
    const { conductor, id } = await waiting({ separateDuties: true, count: 2 });
    const asked = conductor.sent.find(({ type }) => type === 'Approval Requested');
    expect(asked?.summary).toBe('2 approvals needed within 2h, not of ann');
    expect((await conductor.ledger.getApproval(id))?.barred).toBe('ann');
  });

  it('are off unless the manifest says so', async () => {
    const { conductor, id } = await waiting();
    await conductor.operations.approve(id, 'ann', null);
    await conductor.reach(id, 'watching');
  });
});

describe('two approvers', () => {
  it('count both when they decide at once', async () => {
    const { conductor, id } = await waiting({ count: 2 });
    const { approve } = conductor.operations;
    await Promise.all([approve(id, 'bob', null), approve(id, 'cem', null)]);
    await conductor.reach(id, 'watching');
    const given = (await conductor.events(id)).filter((type) => type === 'Approval Given');
    expect(given).toHaveLength(2);
  });

  it('count once when they are one person who decides twice at once', async () => {
    const { conductor, id } = await waiting({ count: 2 });
    const { approve } = conductor.operations;
    await Promise.all([approve(id, 'bob', null), approve(id, 'Bob ', null)]);
    await conductor.clock.advance(60_000);
    expect((await conductor.ledger.getApproval(id))?.state).toBe('open');
    expect(conductor.router.history).toHaveLength(1);
  });

  it('who are one, and say yes and no at once, have said the first', async () => {
    const { conductor, id } = await waiting({ count: 2 });
    const { ports, ledger } = conductor;
    const before = structuredClone(await ledger.getApproval(id));
    await conductor.operations.approve(id, 'bob', null);
    // The second one has looked before the first was on record.
    ports.ledger = { ...ledger, getApproval: async () => before };
    await expect(conductor.operations.reject(id, 'bob', null)).rejects.toMatchObject({
      name: 'ReleaseStateError',
    });
    ports.ledger = ledger;
    expect((await ledger.getApproval(id))?.state).toBe('open');
  });

  it('of whom one rejects at once with the other end the release', async () => {
    const { conductor, id } = await waiting({ count: 2 });
    const { approve, reject } = conductor.operations;
    await Promise.allSettled([approve(id, 'bob', null), reject(id, 'cem', 'no')]);
    expect(await conductor.outcomeOf(id)).toBe('discarded');
  });
});
