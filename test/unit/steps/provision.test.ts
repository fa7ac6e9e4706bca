import { describe, expect, it } from 'vitest';
import type { Ports } from '../../../lib/steps/ports.ts';
import { provision } from '../../../lib/steps/provision.ts';
import { createTestConductor } from '../../support/conductor.ts';

const call = { remainingMs: () => 60_000 };

/** A release that was discarded, and the document with which a call of it may still be under way. */
async function discarded() {
  const conductor = await createTestConductor();
  conductor.environment.faults.failWith = 'no memory';
  const id = await conductor.release();
  await conductor.outcomeOf(id);
  const document = (await conductor.ledger.getRelease(id))?.document;
  if (document?.outcome !== 'discarded') throw new Error('was not discarded');
  const late = { ...document, green: null, outcome: null, phase: 'provisioning' as const };
  return { ...conductor, id, late };
}

/** The release seems to run at the first look of a step, and has ended at the next. */
function endAfterFirstLook({ ledger }: Ports): void {
  const getRelease = ledger.getRelease.bind(ledger);
  let looks = 0;
  ledger.getRelease = async (releaseId) => {
    looks += 1;
    const found = await getRelease(releaseId);
    return found && looks === 1 ? { ...found, outcome: null } : found;
  };
}

describe('a provision that was presumed dead', () => {
  it('has what it began taken away, also while that has no name for the release', async () => {
    const { ports, environment, late, id, clock } = await discarded();
    const begun = await environment.provision(late.artifact, `${id}-late`);
    const answers = { provision: async () => null, ofRelease: async () => begun };
    ports.adapters.environment = () => ({ ...environment, ...answers });
    endAfterFirstLook(ports);

    await expect(provision(late, ports, call)).rejects.toMatchObject({ name: 'ReleaseStateError' });
    await clock.runUntil(() => environment.retired.includes(begun?.id ?? ''));
  });

  it('leaves nothing behind where nothing was begun', async () => {
    const { ports, environment, late, store, id } = await discarded();
    ports.adapters.environment = () => ({ ...environment, provision: async () => null });
    endAfterFirstLook(ports);
    await expect(provision(late, ports, call)).rejects.toMatchObject({ name: 'ReleaseStateError' });
    expect(await store.get('retire', `${id}-green-${late.epoch}`)).toBeNull();
  });
});

describe('an environment that takes its time to go', () => {
  it('is looked at ever more rarely by a discard, so that no history runs full', async () => {
    const { clock, environment, release, outcomeOf } = await createTestConductor();
    environment.faults.failWith = 'no memory';
    environment.faults.retireAfterCalls = 12;
    const from = clock.now();
    expect(await outcomeOf(await release())).toBe('discarded');
    const seconds = (clock.now() - from) / 1000;
    // 0.25 + 0.5 + 1 + 2 + 4 + 8, then 15 six times.
    expect(seconds).toBeGreaterThan(100);
    expect(seconds).toBeLessThan(120);
  });

  it('is looked at ever more rarely by a retirement', async () => {
    const { clock, environment, release, outcomeOf } = await createTestConductor({
      router: { initial: {} },
    });
    await outcomeOf(await release('v1'));
    environment.faults.retireAfterCalls = 12;
    const next = await release('v2');
    await outcomeOf(next);
    const from = clock.now();
    await clock.runUntil(() => environment.retired.length === 1);
    const minutes = (clock.now() - from - 86_400_000) / 60_000;
    expect(minutes).toBeGreaterThan(1.5);
    expect(minutes).toBeLessThan(2.5);
  });
});
