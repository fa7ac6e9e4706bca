import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/http/changes.ts';
import { createChanges, tellingLedger } from '../../../lib/platform/changes.ts';
import { createTestConductor } from '../../support/conductor.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

async function createTelling() {
  const changes = createChanges(createVirtualClock());
  const told: Change[] = [];
  changes.subscribe((change) => void told.push(change));
  const conductor = await createTestConductor({
    wrapLedger: (ledger) => tellingLedger(ledger, changes),
  });
  return { ...conductor, changes, told };
}

describe('a ledger that tells', () => {
  it('tells of every phase of a release once it can be read', async () => {
    const { release, outcomeOf, ledger, changes } = await createTelling();
    const phases: Promise<string | undefined>[] = [];
    const services = new Set<string | null>();
    changes.subscribe(({ service, releaseId }) => {
      services.add(service);
      if (releaseId) phases.push(ledger.getRelease(releaseId).then((it) => it?.phase));
    });

    await outcomeOf(await release());

    const read = new Set(await Promise.all(phases));
    expect([...read]).toEqual(
      expect.arrayContaining(['admitting', 'provisioning', 'validating', 'watching', 'ended']),
    );
    expect([...services]).toEqual(['storefront']);
  });

  it('tells of manifests and freezes, and of a freeze of everything to everybody', async () => {
    const { operations, told } = await createTelling();
    told.splice(0);

    await operations.freeze('storefront', 'sale', 'ada');
    await operations.freeze('*', 'holidays', 'ada');
    await operations.unfreeze('*', 'ada');

    expect(told).toContainEqual({ service: 'storefront', releaseId: null });
    expect(told).toContainEqual({ service: null, releaseId: null });
    expect(told.every(({ service }) => service !== '*')).toBe(true);
  });

  it('writes all the same when what was written cannot be told', async () => {
    const changes = createChanges(createVirtualClock());
    const { ports } = await createTestConductor({
      wrapLedger: (ledger) =>
        tellingLedger(
          {
            ...ledger,
            getRelease: async () => {
              throw new Error('away');
            },
          },
          changes,
        ),
    });

    const decision = { by: 'ada', decision: 'approve', reason: null, at: '2026-01-01' } as const;
    await ports.ledger.openApproval({
      releaseId: 'rel1',
      requiredCount: 1,
      token: 't',
      turn: null,
      requestedAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2027-01-01T00:00:00.000Z',
      barred: null,
    });

    expect((await ports.ledger.recordDecision('rel1', decision)).state).toBe('approved');
  });

  it('tells nobody who does not listen any more', () => {
    const changes = createChanges(createVirtualClock());
    const told: Change[] = [];
    const end = changes.subscribe((change) => void told.push(change));

    end();
    changes.publish({ service: 'storefront', releaseId: null });

    expect(told).toEqual([]);
  });
});
