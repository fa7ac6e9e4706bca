import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { blueRef, createTestConductor, fakeManifest } from '../support/conductor.ts';

async function releaseThatWatches(manifest: JsonObject = {}) {
  const conductor = await createTestConductor({ manifest: fakeManifest(manifest) });
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  const green = (await conductor.operations.getRelease(id)).green?.id ?? '';
  return { conductor, id, green, weights: async () => (await conductor.router.read()).weights };
}

describe('a hold that a person asks for', () => {
  it('freezes all traffic on green and says so', async () => {
    const { conductor, id, green, weights } = await releaseThatWatches();
    await conductor.operations.hold(id, 'grace', 'the shop looks odd');

    expect(await conductor.outcomeOf(id)).toBe('held');
    expect(await weights()).toEqual({ [green]: 100 });
    expect(await conductor.executionError(id)).toBe('Held');
    const told = (await conductor.ledger.listEvents(id)).map(({ type, by }) => `${by} ${type}`);
    expect(told).toContain('grace Hold Requested');
    expect(told).toContain('grace Held');
    expect(told.join()).not.toContain('Breach Recorded');
  });

  it('freezes a canary at its share, and goes on from there', async () => {
    const steps = [{ weight: 20, bake: '10m' }, 100];
    const { conductor, id, green, weights } = await releaseThatWatches({ cutover: { steps } });
    await conductor.operations.hold(id, 'grace', null);

    expect(await conductor.outcomeOf(id)).toBe('held');
    expect(await weights()).toEqual({ [blueRef.id]: 80, [green]: 20 });
    await conductor.operations.resume(id, 'continue', 'grace', null);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(await weights()).toEqual({ [green]: 100 });
  });

  it('leads back to blue where it is resumed so', async () => {
    const { conductor, id, weights } = await releaseThatWatches();
    await conductor.operations.hold(id, 'grace', null);
    await conductor.outcomeOf(id);
    await conductor.operations.resume(id, 'rollback', 'grace', null);

    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(await weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('is found by the next look where nobody waits for a token', async () => {
    const { conductor, id } = await releaseThatWatches();
    const watch = await conductor.ledger.getWatch(id);
    if (watch) await conductor.ledger.putWatch({ ...watch, token: null });
    await conductor.operations.hold(id, 'grace', null);

    expect(await conductor.outcomeOf(id)).toBe('held');
  });

  it('is not turned into a rollback when it comes just before the end', async () => {
    const { conductor, id } = await releaseThatWatches();
    const { endRelease } = conductor.ports.ledger;
    conductor.ports.ledger.endRelease = async (releaseId, ending, from) => {
      if (ending.outcome === 'completed') await conductor.operations.hold(id, 'grace', null);
      return endRelease(releaseId, ending, from);
    };

    expect(await conductor.outcomeOf(id)).toBe('held');
  });

  it('is refused before any traffic has moved, and says what is possible', async () => {
    const conductor = await createTestConductor({
      manifest: fakeManifest({ approval: { count: 1 } }),
    });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');

    await expect(conductor.operations.hold(id, 'grace', null)).rejects.toThrow(
      'has moved no traffic yet (awaiting-approval), so there is nothing to hold; a rollback removes green',
    );
    await conductor.operations.approve(id, 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('is refused once the release is being undone, or has ended', async () => {
    const { conductor, id } = await releaseThatWatches();
    const undo = conductor.operations.rollback(id, 'ann', 'no');
    await undo;
    await expect(conductor.operations.hold(id, 'grace', null)).rejects.toThrow(
      /ReleaseState|undone|ended|rolling/,
    );
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    await expect(conductor.operations.hold(id, 'grace', null)).rejects.toThrow(
      'has ended (rolled-back)',
    );
  });

  it('keeps a rollback that comes right behind it from being lost unheard', async () => {
    const { conductor, id } = await releaseThatWatches();
    const watch = await conductor.ledger.getWatch(id);
    if (watch) await conductor.ledger.putWatch({ ...watch, token: null });
    await conductor.operations.hold(id, 'grace', null);

    await expect(conductor.operations.rollback(id, 'ann', null)).rejects.toThrow(
      'is just being held, as grace asked',
    );
    await conductor.outcomeOf(id);
    await conductor.operations.rollback(id, 'ann', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });

  it('stays one when the execution is stopped before it has frozen the traffic', async () => {
    const { conductor, id, green, weights } = await releaseThatWatches();
    const watch = await conductor.ledger.getWatch(id);
    if (watch) await conductor.ledger.putWatch({ ...watch, token: null });
    await conductor.operations.hold(id, 'grace', 'the migration drops a column');
    await conductor.ports.engine.stop('release', id, 'somebody pressed stop');
    await conductor.clock.settle();

    expect(await conductor.outcomeOf(id)).toBe('held');
    expect(await weights()).toEqual({ [green]: 100 });
  });

  it('stays one when the answer of the first shift was lost', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest() });
    const id = await conductor.release();
    const { saveDocument } = conductor.ports.ledger;
    let isLost = false;
    conductor.ports.ledger.saveDocument = async (document) => {
      const saved = await saveDocument(document);
      if (isLost || document.phase !== 'watching') return saved;
      isLost = true;
      await conductor.operations.hold(id, 'grace', null);
      throw new VerdigrisError('LedgerUnavailableError', 'the answer was lost');
    };

    expect(await conductor.outcomeOf(id)).toBe('held');
    const green = (await conductor.operations.getRelease(id)).green?.id ?? '';
    expect((await conductor.router.read()).weights).toEqual({ [green]: 100 });
    await conductor.operations.resume(id, 'rollback', 'grace', null);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect((await conductor.router.read()).weights).toEqual({ [blueRef.id]: 100 });
  });

  it('asked for by two at once is one hold, and both are on record', async () => {
    const { conductor, id } = await releaseThatWatches();
    await Promise.all([
      conductor.operations.hold(id, 'grace', 'odd'),
      conductor.operations.hold(id, 'ann', 'odd too'),
    ]);
    await conductor.outcomeOf(id);

    const told = await conductor.ledger.listEvents(id);
    expect(told.filter(({ type }) => type === 'Held')).toHaveLength(1);
    expect(told.some(({ type, summary }) => type === 'Hold Requested' && summary === 'odd')).toBe(
      true,
    );
  });
});
