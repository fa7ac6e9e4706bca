import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../lib/release/errors.ts';
import { createCompositeRouter } from '../../lib/routers/composite/router.ts';
import { blueRef, createTestConductor } from '../support/conductor.ts';
import { createFakeRouter } from '../support/fakes/router.ts';

/** Two doors of one service: the conductor's router, and another. */
async function withTwoDoors() {
  const other = createFakeRouter({
    // No lease is over here: time does not pass.
    clock: { now: () => 0 },
    initial: { [blueRef.id]: 100 },
  });
  const conductor = await createTestConductor({
    wrapRouter: (router) =>
      createCompositeRouter([
        { name: 'first', router },
        { name: 'other', router: other },
      ]),
  });
  return { ...conductor, other };
}

const silent = new VerdigrisError('RouterUnavailableError', 'no answer');

describe('a rollback through several doors (rule 5)', () => {
  it('takes the others back while one of them can not even be read', async () => {
    const { release, reach, signal, clock, other, router, outcomeOf } = await withTwoDoors();
    const id = await release();
    await reach(id, 'watching');
    other.failNext('read', silent, Number.POSITIVE_INFINITY);

    await signal.fire('storefront-5xx');
    await clock.runUntil(() => router.weights()[blueRef.id] === 100);

    expect(other.weights()).not.toEqual({ [blueRef.id]: 100 });
    other.heal();
    expect(await outcomeOf(id)).toBe('rolled-back');
    expect(other.weights()).toEqual({ [blueRef.id]: 100 });
  });

  it('takes the others back while somebody has sent one of them elsewhere (rule 9)', async () => {
    const { release, reach, signal, clock, other, router } = await withTwoDoors();
    const id = await release();
    await reach(id, 'watching');
    other.editByHand({ 'somebody-elses': 100 });

    await signal.fire('storefront-5xx');
    await clock.runUntil(() => router.weights()[blueRef.id] === 100);

    expect(other.weights()).toEqual({ 'somebody-elses': 100 });
  });
});
