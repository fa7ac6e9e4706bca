import { describe, expect, it } from 'vitest';
import type { Router } from '../../lib/routers/router.ts';
import { blueRef, createTestConductor } from '../support/conductor.ts';

describe('a route that does not get ready', () => {
  it('is given up after cutover.readyWithin, also where preparing it changes nothing', async () => {
    const never: Partial<Router> = {
      readiness: async () => ({
        status: 'unprepared',
        reason: 'somebody takes it out again',
        retryAfterSeconds: 1,
      }),
      prepare: async () => {},
    };
    const { clock, release, outcomeOf, router, ledger } = await createTestConductor({
      wrapRouter: (inner) => ({ ...inner, ...never }),
    });
    const from = clock.now();
    const id = await release();

    expect(await outcomeOf(id)).toBe('discarded');
    expect((await ledger.getRelease(id))?.reason).toContain('somebody takes it out again');
    expect(clock.now() - from).toBeLessThan(20 * 60_000);
    expect(router.weights()).toEqual({ [blueRef.id]: 100 });
  });
});
