import { describe, expect, it } from 'vitest';
import { blueRef, createTestConductor } from '../support/conductor.ts';

describe('an operator who rolls a completed release back (rule 5)', () => {
  it('is not refused because blue lacks one of its instances just now', async () => {
    const conductor = await createTestConductor();
    const { release, outcomeOf, operations, ports, environment, router } = conductor;
    const id = await release();
    expect(await outcomeOf(id)).toBe('completed');
    ports.adapters.environment = () => ({
      ...environment,
      status: async () => ({ state: 'pending', reason: '3 of 4 run', retryAfterSeconds: 5 }),
    });

    await operations.rollback(id, 'ann', null);

    expect(await outcomeOf(id)).toBe('rolled-back');
    expect(router.weights()).toEqual({ [blueRef.id]: 100 });
  });
});
