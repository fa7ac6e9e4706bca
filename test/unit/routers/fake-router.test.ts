import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { createFakeRouter, desiredRoute, type FakeRouter } from '../../support/fakes/router.ts';

function prepare(isConditional = true) {
  let now = 1000;
  const clock = { now: () => now };
  const facts = { isConditional };
  const router = createFakeRouter({ clock, facts, initial: { blue: 100 } });
  const shift = async (id: string, forMs = 100) => shiftWith(router, id, now + forMs);
  return {
    router,
    shift,
    wait(ms: number) {
      now += ms;
    },
  };
}

async function shiftWith(router: FakeRouter, id: string, deadlineMs: number) {
  const plan = router.plan(await router.read(), desiredRoute({ [id]: 100 }));
  return router.apply(plan, { releaseId: 'r1', epoch: 1, deadlineMs });
}

describe('the fake router', () => {
  it('lets a late change through only before its deadline', async () => {
    const { router, shift, wait } = prepare(false);
    const early = router.delayApply();
    await expect(shift('green')).rejects.toMatchObject({ name: 'RouterUnavailableError' });
    expect(router.weights()).toEqual({ blue: 100 });
    expect(early.takeEffect()).toBe('applied');
    expect(router.weights()).toEqual({ green: 100 });
    const late = router.delayApply();
    await expect(shift('blue')).rejects.toMatchObject({ name: 'RouterUnavailableError' });
    wait(101);
    expect(late.takeEffect()).toBe('expired');
    expect(router.weights()).toEqual({ green: 100 });
  });

  it('refuses a late change to another route where it is conditional, and only there', async () => {
    for (const isConditional of [true, false]) {
      const { router, shift } = prepare(isConditional);
      const zombie = router.delayApply();
      await shift('green').catch(() => {});
      await shift('blue');
      expect(zombie.takeEffect()).toBe(isConditional ? 'conflict' : 'applied');
      expect(zombie.takeEffect()).toBe(isConditional ? 'conflict' : 'applied');
    }
  });

  it('fails as often as it was told to', async () => {
    const { router } = prepare();
    router.failNext('read', new VerdigrisError('ThrottledError', 'slow down'), 2);
    await expect(router.read()).rejects.toThrow('slow down');
    await expect(router.read()).rejects.toThrow('slow down');
    expect((await router.read()).weights).toEqual({ blue: 100 });
    expect(router.calls.read).toBe(3);
  });

  it('applies a change whose answer is lost, and remembers every route with its cause', async () => {
    const { router, shift, wait } = prepare();
    router.loseAnswers();
    wait(5);
    await expect(shift('green')).rejects.toMatchObject({ name: 'RouterUnavailableError' });
    router.editByHand({ blue: 50, green: 50 });
    expect(router.history.map(({ atMs, by, weights }) => ({ atMs, by, weights }))).toEqual([
      { atMs: 1000, by: 'initial', weights: { blue: 100 } },
      { atMs: 1005, by: 'apply', weights: { green: 100 } },
      { atMs: 1005, by: 'hand', weights: { blue: 50, green: 50 } },
    ]);
  });

  it('converges after as many looks as it was told to', async () => {
    const { router, shift } = prepare();
    router.convergeAfter(2);
    await shift('green');
    const looks = [];
    for (let i = 0; i < 3; i += 1) looks.push(await router.verify(desiredRoute({ green: 100 })));
    expect(looks).toEqual(['pending', 'pending', 'converged']);
  });
});
