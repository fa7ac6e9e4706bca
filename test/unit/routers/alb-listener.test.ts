import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPercents } from '../../../lib/routers/alb-listener/percents.ts';
import {
  forwardTo,
  groupArn,
  notThereYet,
} from '../../support/fakes/load-balancer-control-plane.ts';
import { fakeEnvironment } from '../../support/fakes/router.ts';
import { createShop, inGroup } from './alb-listener-harness.ts';

const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

const sticky = { Enabled: true, DurationSeconds: 3600 };

describe('reading weights', () => {
  it.each([
    [{ blue: 1 }, { blue: 100 }],
    [
      { blue: 1, green: 1 },
      { blue: 50, green: 50 },
    ],
    [
      { blue: 2, green: 1 },
      { blue: 67, green: 33 },
    ],
    [
      { blue: 999, green: 1 },
      { blue: 99, green: 1 },
    ],
    [{ blue: 300, green: 0 }, { blue: 100 }],
    [{ blue: 0, green: 0 }, {}],
    [
      { blue: 1, green: 1, other: 1 },
      { blue: 34, green: 33, other: 33 },
    ],
  ])('takes %j for %j', async (weights, percents) => {
    const { fake, router } = createShop();
    fake.setByHand([forwardTo(weights)]);

    expect((await router.read()).weights).toEqual(percents);
  });

  it('adds up to 100 whatever the weights are, and overlooks no share (rule 1)', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, (all) => {
        const percents = Object.values(
          toPercents(all.map((weight, index) => [`${index}`, weight])),
        );
        const sides = all.filter((weight) => weight > 0).length;
        expect(percents).toHaveLength(sides);
        expect(percents.every((percent) => Number.isInteger(percent) && percent > 0)).toBe(true);
        expect(percents.reduce((sum, percent) => sum + percent, 0)).toBe(sides === 0 ? 0 : 100);
      }),
    );
  });

  it('knows a forward to one target group as it was written before there were weights', async () => {
    const { fake, router } = createShop();
    fake.setByHand([{ Type: 'forward', TargetGroupArn: groupArn('blue') }]);

    expect((await router.read()).weights).toEqual({ blue: 100 });
  });

  it('calls a side by the environment tag of its group, else by the name of the group', async () => {
    const { fake, router } = createShop();
    fake.group('blue').tags.set('verdigris:environment', 'shop-7');
    fake.setByHand([forwardTo({ blue: 90, green: 10 })]);

    expect((await router.read()).weights).toEqual({ 'shop-7': 90, green: 10 });
  });

  it('has no route where a fixed response says that nothing is there yet', async () => {
    const { fake, router, shift } = createShop();
    fake.setByHand([notThereYet]);
    expect((await router.read()).weights).toEqual({});

    await shift({ green: 100 });

    expect(fake.weights()).toEqual({ green: 100 });
  });

  it('shows a redirect as a side that is nobody, and never overwrites it', async () => {
    const { fake, router, shift } = createShop();
    const redirect = { Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301' } } as const;
    fake.setByHand([redirect]);
    expect((await router.read()).weights).toEqual({ redirect: 100 });

    await expect(shift({ green: 100 })).rejects.toEqual(named('ConfigInvalidError', /redirects/));
    expect(fake.actions()).toEqual([redirect]);
  });
});

describe('the revision', () => {
  it('moves when the same weights are written again, so that an earlier change loses', async () => {
    const { fake, router, change, shift } = createShop();
    const before = await router.read();
    const revisions = [before.revision];
    for (let times = 0; times < 9; times += 1)
      revisions.push((await shift({ blue: 100 })).revision);

    expect(new Set(revisions.slice(0, 9)).size).toBe(9);
    expect((await router.read()).weights).toEqual({ blue: 100 });
    fake.setByHand([forwardTo({ blue: 200, green: 0 })]);
    const late = change(before, { green: 100 });
    await expect(late).rejects.toEqual(named('RouteConflictError', /blue 100.*blue 100/));
  });

  it('is the same whichever way the same action is told', async () => {
    const { fake, router } = createShop();
    fake.setByHand([forwardTo({ blue: 70, green: 30 })]);
    const { revision } = await router.read();
    fake.setByHand([forwardTo({ green: 30, blue: 70 })]);

    expect((await router.read()).revision).toBe(revision);
  });

  it('moves when somebody changes another action, or the stickiness', async () => {
    const { fake, router } = createShop();
    const plain = forwardTo({ blue: 100, green: 0 });
    const revisions = [];
    for (const actions of [
      [plain],
      [
        forwardTo(
          { blue: 100, green: 0 },
          { ForwardConfig: { TargetGroupStickinessConfig: sticky } },
        ),
      ],
      [{ Type: 'authenticate-cognito', Order: 1 } as const, { ...plain, Order: 2 }],
    ]) {
      fake.setByHand(actions);
      revisions.push((await router.read()).revision);
    }

    expect(new Set(revisions).size).toBe(3);
  });
});

describe('writing weights', () => {
  it('leaves both sides in the action, so that a rollback is one call', async () => {
    const { fake, shift } = createShop();
    await shift({ green: 100 });
    expect(fake.weights()).toEqual({ blue: 0, green: 200 });

    const before = fake.calls.length;
    await shift({ blue: 100 });

    expect(fake.weights()).toEqual({ blue: 300, green: 0 });
    const writes = fake
      .commands()
      .slice(before)
      .filter((name) => name.startsWith('Modify'));
    expect(writes).toEqual(['ModifyListener']);
  });

  it('gives no other group any traffic (rule 1)', async () => {
    const { fake, shift } = createShop();
    fake.setByHand([forwardTo({ blue: 60, other: 40 })]);

    await shift({ blue: 95, green: 5 });

    expect(fake.weights()).toEqual({ blue: 190, other: 0, green: 10 });
  });

  it('goes back with what the route itself says, and attaches blue where somebody took it out', async () => {
    const { fake, router, lease, shift } = createShop();
    await shift({ green: 100 });
    const blue = { ...fakeEnvironment('blue'), attributes: {} };
    const back = { weights: { blue: 100 }, environments: [blue] };
    await router.apply(router.plan(await router.read(), back), lease());
    expect(fake.weights()).toMatchObject({ blue: 300, green: 0 });

    fake.setByHand([forwardTo({ green: 1 })]);
    await shift({ blue: 100 });

    expect(fake.weights()).toEqual({ green: 0, blue: 100 });
  });

  it('keeps every other action, its order, and the secret of authenticate-oidc', async () => {
    const { fake, shift } = createShop();
    const oidc = {
      Issuer: 'https://id.example',
      AuthorizationEndpoint: 'https://id.example/authorize',
      TokenEndpoint: 'https://id.example/token',
      UserInfoEndpoint: 'https://id.example/user',
      ClientId: 'shop',
      Scope: 'openid email',
    };
    const login = { Type: 'authenticate-oidc', Order: 1 } as const;
    const forward = forwardTo({ blue: 1 }, { Order: 2 });
    const AuthenticateOidcConfig = { ...oidc, ClientSecret: 'hush' };
    fake.setByHand([{ ...login, AuthenticateOidcConfig }, forward]);

    await shift({ green: 100 });

    const [first, last] = fake.actions();
    expect(first).toEqual({ ...login, AuthenticateOidcConfig: oidc });
    expect(last).toMatchObject({ Type: 'forward', Order: 2 });
    expect(fake.calls.at(-1)?.input).toMatchObject({
      DefaultActions: [
        { AuthenticateOidcConfig: { ...oidc, UseExistingClientSecret: true } },
        { Type: 'forward' },
      ],
    });
  });

  it('keeps the stickiness as it is', async () => {
    const { fake, shift } = createShop();
    const ForwardConfig = { TargetGroupStickinessConfig: sticky };
    fake.setByHand([forwardTo({ blue: 100, green: 0 }, { ForwardConfig })]);

    await shift({ blue: 50, green: 50 });

    expect(fake.actions()[0]?.ForwardConfig?.TargetGroupStickinessConfig).toEqual(sticky);
  });

  it('writes no group that goes by another name than its environment', async () => {
    const { fake, router, lease } = createShop();
    const stranger = { ...inGroup('other'), id: 'shop-9' };
    const desired = { weights: { 'shop-9': 100 }, environments: [stranger] };

    const attempt = router.apply(router.plan(await router.read(), desired), lease());

    await expect(attempt).rejects.toEqual(
      named(
        'RouteUnreadyError',
        /other goes by "other" and not by "shop-9".*verdigris:environment/,
      ),
    );
    expect(fake.weights()).toEqual({ blue: 100, green: 0 });
  });

  it('says so when an environment has no target group', async () => {
    const { router, lease } = createShop();
    const desired = { weights: { nobody: 100 }, environments: [fakeEnvironment('nobody')] };

    const attempt = router.apply(router.plan(await router.read(), desired), lease());

    await expect(attempt).rejects.toEqual(named('RouteUnreadyError', /targetGroupArn/));
  });

  it('works on a Network Load Balancer, whose listeners forward with weights too', async () => {
    const { fake, router, desire, shift } = createShop({ kind: 'net' });
    await shift({ blue: 80, green: 20 });

    expect(fake.weights()).toEqual({ blue: 160, green: 40 });
    expect(await router.verify(desire({ blue: 80, green: 20 }))).toBe('converged');
  });
});

describe('clients with a cookie of their target group', () => {
  function createStickyShop() {
    const shop = createShop();
    const ForwardConfig = { TargetGroupStickinessConfig: sticky };
    shop.fake.setByHand([forwardTo({ blue: 100, green: 0 }, { ForwardConfig })]);
    return shop;
  }

  it.each(['verdigris:release', 'verdigris:candidate'])(
    'do not stay with a green that was rolled back: it leaves the action (%s)',
    async (tag) => {
      const { fake, shift } = createStickyShop();
      const value = { 'verdigris:release': 'r1', 'verdigris:candidate': 'green/r1' }[tag] ?? '';
      fake.group('green').tags.set(tag, value);
      await shift({ blue: 50, green: 50 });

      await shift({ blue: 100 });

      expect(fake.weights()).toEqual({ blue: 300 });
    },
  );

  it('do not stay with it when the change back names it, either', async () => {
    const { fake, shift } = createStickyShop();
    fake.group('green').tags.set('verdigris:release', 'r1');
    await shift({ green: 100 });

    await shift({ blue: 100, green: 0 });

    expect(fake.weights()).toEqual({ blue: 300 });
  });

  it('stay with blue when a release takes its traffic: it is healthy', async () => {
    const { fake, shift } = createStickyShop();
    fake.group('blue').tags.set('verdigris:candidate', 'blue/r0');

    await shift({ green: 100 });

    expect(fake.weights()).toEqual({ blue: 0, green: 200 });
  });

  it('are thought of before the first shift: green is marked as what is released', async () => {
    const { fake, router, desire, lease } = createStickyShop();
    const desired = {
      ...desire({ green: 100 }),
      environments: [inGroup('green'), inGroup('blue')],
    };
    expect(await router.readiness?.(desired)).toMatchObject({
      status: 'unprepared',
      reason: expect.stringMatching(/green is not marked/),
    });

    await router.prepare?.(desired, lease());

    expect(fake.group('green').tags.get('verdigris:candidate')).toBe('green/r1');
    expect(await router.readiness?.(desired)).toMatchObject({ status: 'ready' });
    expect(fake.commands()).not.toContain('ModifyListener');
  });
});

describe('somebody else resets the weights in mid-release (rule 9)', () => {
  it('is a RouteConflictError with both routes, and nothing is overwritten', async () => {
    const { fake, router, change, shift } = createShop();
    const ours = await shift({ blue: 90, green: 10 });
    fake.setByHand([forwardTo({ blue: 1, green: 0 })]);
    expect((await router.read()).weights).toEqual({ blue: 100 });

    const next = change(ours, { blue: 50, green: 50 });

    await expect(next).rejects.toEqual(named('RouteConflictError', /blue 100.*blue 90, green 10/));
    expect(fake.weights()).toEqual({ blue: 1, green: 0 });
  });

  it('is seen by the revision where the shares are the same', async () => {
    const { fake, change, shift } = createShop();
    const ours = await shift({ blue: 90, green: 10 });
    fake.setByHand([forwardTo({ blue: 9, green: 1 })]);

    await expect(change(ours, { green: 100 })).rejects.toEqual(named('RouteConflictError'));
  });

  it('is not converged', async () => {
    const { fake, router, desire, shift } = createShop();
    await shift({ green: 100 });
    fake.setByHand([forwardTo({ blue: 1, green: 0 })]);

    expect(await router.verify(desire({ green: 100 }))).toBe('pending');
  });
});

describe('a change that is not allowed any more (rule 4)', () => {
  it('is not sent when its lease ended while it looked', async () => {
    const { fake, clock, router, change } = createShop();
    const live = await router.read();
    await expect(change(live, { green: 100 }, -1)).rejects.toEqual(named('LeaseExpiredError'));

    fake.before('DescribeTags', () => clock.sleep(10_000));
    await expect(change(live, { green: 100 }, 5000)).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.commands()).not.toContain('ModifyListener');
  });

  it('is given up when its lease ends, with every repetition of the SDK', async () => {
    const { fake, clock, router, change } = createShop();
    fake.delayNext('ModifyListener');
    const zombie = change(await router.read(), { green: 100 }, 1000);
    const ending = expect(zombie).rejects.toEqual(named('RouterUnavailableError', /lease ended/));
    await clock.advance(1001);

    await ending;
  });

  it('leaves no timer behind', async () => {
    const { clock, shift } = createShop();
    await shift({ green: 100 });

    await expect(clock.runUntil(() => false)).rejects.toThrow('nothing is left to wait for');
  });

  it('was made when only its answer was lost, and the next look shows it', async () => {
    const { fake, router, shift } = createShop();
    fake.loseAnswer('ModifyListener');

    await expect(shift({ green: 100 })).rejects.toEqual(named('RouterUnavailableError'));
    expect((await router.read()).weights).toEqual({ green: 100 });
  });

  it('is pending as long as reads still show what was before', async () => {
    const { fake, router, desire, shift } = createShop({ staleReads: 2 });
    await shift({ green: 100 });
    const seen = [];
    for (let look = 0; look < 3; look += 1) seen.push(await router.verify(desire({ green: 100 })));

    expect(seen).toEqual(['pending', 'pending', 'converged']);
    expect(fake.weights()).toEqual({ blue: 0, green: 200 });
  });
});

describe('what Elastic Load Balancing says no with', () => {
  it.each([
    ['ThrottlingException', 'ThrottledError', /patience/],
    ['ServiceUnavailable', 'RouterUnavailableError', /does not answer/],
    ['AccessDenied', 'ConfigInvalidError', /allow elasticloadbalancing:ModifyListener/],
    ['TooManyTargetGroupsException', 'RouteUnreadyError', /quota/],
    ['TooManyUniqueTargetGroupsPerLoadBalancerException', 'RouteUnreadyError', /quota/],
    ['InvalidLoadBalancerActionException', 'RouteUnreadyError', /same VPC/],
    ['TargetGroupNotFoundException', 'RouteUnreadyError', /environment is gone/],
    ['ListenerNotFoundException', 'ConfigInvalidError', /correct the router/],
  ])('%s of a write is %s', async (name, ours, reason) => {
    const { fake, shift } = createShop();
    fake.failNext('ModifyListener', name, 'no');

    await expect(shift({ green: 100 })).rejects.toEqual(named(ours, reason));
    expect(fake.weights()).toEqual({ blue: 100, green: 0 });
  });

  it.each(['DescribeListeners', 'DescribeTags'])(
    'a throttled %s is worth a repetition',
    async (it) => {
      const { fake, router } = createShop();
      fake.failNext(it, 'Throttling');

      await expect(router.read()).rejects.toMatchObject({
        name: 'ThrottledError',
        isRetryable: true,
      });
    },
  );
});
