import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { combineRoutes } from '../../../lib/routers/composite/combined-route.ts';
import { createCompositeRouter } from '../../../lib/routers/composite/router.ts';
import { routerKinds } from '../../../lib/routers/index.ts';
import { hasSameWeights } from '../../../lib/routers/route-plan.ts';
import { createFakeRouter, desiredRoute, type FakeRouter } from '../../support/fakes/router.ts';
import { prepareRouter } from './api-gateway-harness.ts';

const clock = { now: () => 1000 };

function prepare(count = 3) {
  const order: string[] = [];
  const doors = Array.from({ length: count }, (_, i) =>
    createFakeRouter({
      clock,
      initial: { blue: 100 },
      onChange: ({ by, weights }) => {
        if (by === 'apply') order.push(`${i} to ${Object.keys(weights).join()}`);
      },
    }),
  );
  const router = createCompositeRouter(
    doors.map((door, i) => ({ name: `door-${i}`, router: door })),
  );
  const shift = async (id: string, isWayBack = false) =>
    router.apply(router.plan(await router.read(), desiredRoute({ [id]: 100 })), {
      releaseId: 'r1',
      epoch: 1,
      deadlineMs: 2000,
      isWayBack,
    });
  const live = () => doors.map((door) => Object.keys(door.weights()).join());
  return { router, doors: doors as [FakeRouter, FakeRouter, FakeRouter], order, shift, live };
}

const down = new VerdigrisError('RouterUnavailableError', 'no answer');

describe('a composite router', () => {
  it('switches its doors in order, and back in reverse', async () => {
    const { shift, order } = prepare();

    await shift('green');
    await shift('blue', true);

    expect(order).toEqual([
      '0 to green',
      '1 to green',
      '2 to green',
      '2 to blue',
      '1 to blue',
      '0 to blue',
    ]);
  });

  it('puts back what it switched when a later door refuses', async () => {
    const { shift, doors, live } = prepare();
    doors[2].failNext('apply', new VerdigrisError('ThrottledError', 'slow down'));

    await expect(shift('green')).rejects.toMatchObject({ name: 'ThrottledError' });

    expect(live()).toEqual(['blue', 'blue', 'blue']);
  });

  it('puts a door back to what blue says of itself, and not to its id', async () => {
    const config = { mode: 'stage-variable', apiId: 'api', stage: 'prod', variable: 'host' };
    const { fake, router, shift, desire } = prepareRouter(config, {
      blue: { stageVariable: 'one.shop.example' },
      green: { stageVariable: 'two.shop.example' },
    });
    fake.makeApi('http', 'api');
    const stage = fake.makeStage('api', 'prod', {});
    await shift({ blue: 100 });
    const other = createFakeRouter({ clock, initial: { blue: 100 } });
    other.failNext('apply', down);
    const both = createCompositeRouter([
      { name: 'api', router },
      { name: 'other', router: other },
    ]);

    const plan = both.plan(await both.read(), desire({ green: 100 }, ['green', 'blue']));
    const lease = { releaseId: 'r1', epoch: 1, deadlineMs: Date.parse('2100-01-01') };
    await expect(both.apply(plan, lease)).rejects.toMatchObject({ name: 'RouterUnavailableError' });

    expect(stage.variables.host).toBe('one.shop.example');
  });

  it('goes on when only the answer of a door was lost', async () => {
    const { shift, doors, live } = prepare();
    doors[1].loseAnswers();

    expect((await shift('green')).weights).toEqual({ green: 100 });

    expect(live()).toEqual(['green', 'green', 'green']);
  });

  it('says which doors stay switched when they cannot be put back', async () => {
    const { doors } = prepare();
    doors[2].failNext('apply', down);
    // The first door answers once, and is gone from then on.
    const once = {
      ...doors[0],
      apply: async (...call: Parameters<FakeRouter['apply']>) => {
        const route = await doors[0].apply(...call);
        doors[0].failNext('apply', down, Number.POSITIVE_INFINITY);
        return route;
      },
    };
    const parts = [once, doors[1], doors[2]].map((door, i) => ({
      name: `door-${i}`,
      router: door,
    }));
    const router = createCompositeRouter(parts);
    const plan = router.plan(await router.read(), desiredRoute({ green: 100 }));
    const attempt = router.apply(plan, { releaseId: 'r1', epoch: 1, deadlineMs: 2000 });

    await expect(attempt).rejects.toThrow(/door-2 refused.*could not be put back: door-0/);
    const { weights } = await router.read();
    expect(Object.values(weights).reduce((sum, it) => sum + it, 0)).toBe(100);
    expect(weights).not.toEqual({ blue: 100 });
    expect(weights).not.toEqual({ green: 100 });
  });

  it('takes back every door that it can, whatever one of them says', async () => {
    const { shift, doors, live } = prepare();
    await shift('green');
    doors[1].failNext('apply', down);

    await expect(shift('blue', true)).rejects.toMatchObject({ name: 'RouterUnavailableError' });

    expect(live()).toEqual(['blue', 'green', 'blue']);
    await shift('blue', true);
    expect(live()).toEqual(['blue', 'blue', 'blue']);
  });

  it('leaves doors that disagree where they are when a hold writes the route as it is', async () => {
    const { router, doors, live } = prepare();
    doors[0].editByHand({ green: 100 });
    const route = await router.read();

    const asItIs = router.plan(route, desiredRoute(route.weights));
    await router.apply(asItIs, { releaseId: 'r1', epoch: 1, deadlineMs: 2000 });

    expect(live()).toEqual(['green', 'blue', 'blue']);
    expect((await router.read()).revision).not.toBe(route.revision);
  });

  it('changes nothing when somebody changed one of its doors', async () => {
    const { router, doors, live } = prepare();
    const plan = router.plan(await router.read(), desiredRoute({ green: 100 }));
    doors[1].editByHand({ blue: 100 });

    const attempt = router.apply(plan, { releaseId: 'r1', epoch: 1, deadlineMs: 2000 });

    await expect(attempt).rejects.toMatchObject({ name: 'RouteConflictError' });
    expect(live()).toEqual(['blue', 'blue', 'blue']);
  });

  it('has not converged while one of its doors has not', async () => {
    const { router, shift, doors } = prepare();
    doors[1].convergeAfter(1);
    await shift('green');

    expect(await router.verify(desiredRoute({ green: 100 }))).toBe('pending');
    expect(await router.verify(desiredRoute({ green: 100 }))).toBe('converged');
  });

  it('can do what the least of its doors can', () => {
    const slow = createFakeRouter({
      facts: { isConditional: false, supportsWeights: false, maxPropagationSeconds: 300 },
    });
    const router = createCompositeRouter([
      { name: 'a', router: createFakeRouter() },
      { name: 'b', router: slow },
    ]);

    expect(router.facts).toEqual({
      isAtomic: false,
      isConditional: false,
      supportsWeights: false,
      maxPropagationSeconds: 300,
    });
  });
});

describe('the route of several doors', () => {
  const door = fc
    .tuple(fc.nat(100), fc.constantFrom('blue', 'green'), fc.constantFrom('green', 'stranger'))
    .filter(([, one, other]) => one !== other)
    .map(([percent, one, other]) => ({
      weights: Object.fromEntries(
        [[one, percent] as const, [other, 100 - percent] as const].filter(([, it]) => it > 0),
      ),
      revision: 'r',
    }));

  it('always adds up to 100, and is no door’s own where they disagree', () => {
    fc.assert(
      fc.property(fc.array(door, { minLength: 2, maxLength: 4 }), (routes) => {
        const { weights } = combineRoutes(routes);
        expect(Object.values(weights).reduce((sum, it) => sum + it, 0)).toBe(100);
        const [first] = routes;
        const isOne = routes.every((it) => hasSameWeights(it.weights, first?.weights ?? {}));
        const isSomeones = routes.some((it) => hasSameWeights(it.weights, weights));
        expect(isSomeones).toBe(isOne);
      }),
    );
  });

  it('is what the open doors say where nothing goes through the others yet', () => {
    const routes = [
      { weights: { blue: 100 }, revision: '1' },
      { weights: {}, revision: 'none' },
    ];

    expect(combineRoutes(routes)).toEqual({ weights: { blue: 100 }, revision: '1 | none' });
  });
});

describe('the composite kind', () => {
  it('is made of every other kind', () => {
    const composite = routerKinds.find(({ kind }) => kind === 'composite');
    const parse = (routers: unknown[]) =>
      composite?.schema.safeParse({ kind: 'composite', routers });
    const proxy = { kind: 'local-proxy', port: 8080 };

    expect(parse([proxy, { ...proxy, port: 8081 }])?.success).toBe(true);
    expect(parse([proxy])?.error?.issues[0]?.message).toMatch(/at least two/);
    expect(parse([proxy, { kind: 'composite', routers: [proxy, proxy] }])?.success).toBe(false);
  });
});
