import { describe, expect, it } from 'vitest';
import { forwardTo, notThereYet } from '../../support/fakes/load-balancer-control-plane.ts';
import { createShop, inGroup, type ShopOptions, toGreen } from './alb-listener-harness.ts';

const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

type Shop = ReturnType<typeof createShop>;

/** How ready a shift to green is, and what for. */
async function lookAt({ router }: Shop, desired = toGreen): Promise<[string, string]> {
  const { status = '', reason = '' } = (await router.readiness?.(desired)) ?? {};
  return [status, reason];
}

/** A listener with so many targets on both sides, the first of each unhealthy. */
function createSizedShop(
  sizes: { blue: number; green: number },
  unhealthy: { blue?: number; green?: number } = {},
  options: ShopOptions = {},
): Shop {
  const shop = createShop(options);
  for (const side of ['blue', 'green'] as const) {
    const { targets } = shop.fake.makeGroup(side, { targets: sizes[side] });
    for (const target of targets.slice(0, unhealthy[side] ?? 0))
      target.health = ['unhealthy', 'Target.ResponseCodeMismatch'];
  }
  return shop;
}

describe('whether traffic may move', () => {
  it('is ready with both sides in the action and healthy', async () => {
    expect(await lookAt(createShop())).toEqual(['ready', '']);
  });

  it('says how many targets are healthy, how many are needed, and why the others are not', async () => {
    const shop = createSizedShop({ blue: 4, green: 4 }, { green: 3 });

    expect(await lookAt(shop)).toEqual([
      'pending',
      'green has 1 of 4 targets healthy and needs 2: i-green-1:80 Target.ResponseCodeMismatch, i-green-2:80 Target.ResponseCodeMismatch, i-green-3:80 Target.ResponseCodeMismatch',
    ]);
  });

  it('does not list every target of a large group', async () => {
    const shop = createSizedShop({ blue: 1, green: 9 }, { green: 9 });

    expect((await lookAt(shop))[1]).toMatch(/needs 1: (?:i-green-\d\S* \S+, ){3}and 6 more$/);
  });

  it.each([
    ['half of what blue has registered, by default', {}, 5, 2, 'pending'],
    ['half of what blue has registered, by default', {}, 4, 2, 'ready'],
    ['as many as blue', { minHealthyShare: '100%' }, 4, 3, 'pending'],
    ['a number', { minHealthyTargets: 3, minHealthyShare: 0 }, 9, 2, 'pending'],
    ['one', { minHealthyShare: 0 }, 9, 1, 'ready'],
  ])('needs of green %s', async (_, config, blue, green, status) => {
    const shop = createSizedShop(
      { blue, green },
      {},
      { config: { minHealthyTargets: 1, ...config } },
    );

    expect((await lookAt(shop))[0]).toBe(status);
  });

  it('does not move to a group without a target', async () => {
    const shop = createSizedShop({ blue: 1, green: 0 });

    expect(await lookAt(shop)).toEqual(['pending', 'green has 0 of 0 targets healthy and needs 1']);
  });

  it('does not count what blue is letting go', async () => {
    const shop = createSizedShop({ blue: 4, green: 1 });
    for (const target of shop.fake.group('blue').targets.slice(0, 2))
      target.health = ['draining', 'Target.DeregistrationInProgress'];

    expect((await lookAt(shop))[0]).toBe('ready');
  });

  it('waits for a blue that could not take the traffic back, unless the manifest says otherwise', async () => {
    const sizes = { blue: 2, green: 2 };
    const shop = createSizedShop(sizes, { blue: 2 });
    expect(await lookAt(shop)).toEqual([
      'pending',
      expect.stringMatching(/^blue has 0 of 2 .*needs 1 for the way back .*allowUnhealthyBlue/),
    ]);

    const fix = createSizedShop(sizes, { blue: 2 }, { config: { allowUnhealthyBlue: true } });
    expect((await lookAt(fix))[0]).toBe('ready');
  });

  it('takes targets whose health nobody checks by choice', async () => {
    const shop = createShop();
    for (const target of shop.fake.group('green').targets)
      target.health = ['unavailable', 'Target.HealthCheckDisabled'];

    expect((await lookAt(shop))[0]).toBe('ready');
  });

  it('takes registered targets where nothing is forwarded yet: nobody checks them, and nobody is served', async () => {
    const shop = createShop();
    shop.fake.setByHand([notThereYet]);
    const first = { weights: { green: 100 }, environments: [inGroup('green')] };
    expect(await lookAt(shop, first)).toEqual(['ready', '']);

    shop.fake.makeGroup('green', { targets: 0 });
    expect((await lookAt(shop, first))[0]).toBe('pending');
  });

  it('gives up on a target group that is gone', async () => {
    const shop = createShop();
    shop.fake.setByHand([forwardTo({ blue: 1 })]);
    shop.fake.deleteGroup('green');

    await expect(lookAt(shop)).rejects.toEqual(named('RouteUnreadyError', /green.*gone/));
  });
});

describe('attaching green', () => {
  it('puts it in with no weight and leaves the rest alone', async () => {
    const shop = createShop();
    shop.fake.setByHand([forwardTo({ blue: 7, other: 3 })]);
    expect(await lookAt(shop)).toEqual(['unprepared', expect.stringMatching(/^green is not in/)]);

    await shop.router.prepare?.(toGreen, shop.lease());

    expect(shop.fake.weights()).toEqual({ blue: 7, other: 3, green: 0 });
  });

  it('writes a weight for a group that had none', async () => {
    const shop = createShop();
    shop.fake.setByHand([
      { Type: 'forward', TargetGroupArn: inGroup('blue').attributes.targetGroupArn },
    ]);

    await shop.router.prepare?.(toGreen, shop.lease());

    expect(shop.fake.weights()).toEqual({ blue: 1, green: 0 });
  });

  it('changes nothing when it is there', async () => {
    const shop = createShop();
    await shop.router.prepare?.(toGreen, shop.lease());

    expect(shop.fake.commands().some((name) => name.startsWith('Modify'))).toBe(false);
  });

  it('makes room in a full action by the oldest environment without traffic', async () => {
    const shop = createShop();
    const tags = { 'verdigris:environment': 'x', 'verdigris:release': 'r0' };
    for (const name of ['old-1', 'old-2']) shop.fake.makeGroup(name, { tags });
    for (const name of ['theirs-1', 'theirs-2']) shop.fake.makeGroup(name);
    const full = { 'theirs-1': 0, 'old-1': 0, blue: 100, 'old-2': 0, 'theirs-2': 0 };
    shop.fake.setByHand([forwardTo(full)]);

    await shop.router.prepare?.(toGreen, shop.lease());

    const names = Object.keys(shop.fake.weights());
    expect(names).toEqual(['theirs-1', 'blue', 'old-2', 'theirs-2', 'green']);
  });

  it('throws nobody out of a full action, and says who is there', async () => {
    const shop = createShop();
    const names = ['t1', 't2', 't3', 't4'];
    for (const name of names) shop.fake.makeGroup(name);
    shop.fake.setByHand([forwardTo({ blue: 1, t1: 0, t2: 0, t3: 0, t4: 0 })]);

    const attempt = shop.router.prepare?.(toGreen, shop.lease());

    await expect(attempt).rejects.toEqual(named('RouteUnreadyError', /t1 \(weight 0\).*takes 5/));
  });

  it('explains that several groups need a stickiness of the rule where one of them has its own', async () => {
    const shop = createShop();
    shop.fake.setByHand([forwardTo({ blue: 1 })]);
    shop.fake.makeGroup('green', { isSticky: true });

    const attempt = shop.router.prepare?.(toGreen, shop.lease());

    await expect(attempt).rejects.toEqual(
      named('RouteUnreadyError', /TargetGroupStickinessConfig.*enable it on the rule/),
    );
  });

  it('is not done after its lease, however late that is seen', async () => {
    const shop = createShop();
    shop.fake.setByHand([forwardTo({ blue: 1 })]);
    shop.fake.before('DescribeTags', () => shop.clock.sleep(60_000));

    const attempt = shop.router.prepare?.(toGreen, shop.lease());

    await expect(attempt).rejects.toEqual(named('LeaseExpiredError'));
    expect(shop.fake.weights()).toEqual({ blue: 1 });
  });
});

describe('letting go of a side', () => {
  const made = { 'verdigris:environment': 'green', 'verdigris:release': 'r1' };

  it('takes it out of the action and waits for its deregistration delay', async () => {
    const { fake, clock, router, lease } = createShop();
    fake.makeGroup('green', { tags: made, delaySeconds: 120 });

    expect(await router.detach?.(inGroup('green'), lease())).toBe('pending');
    expect(fake.weights()).toEqual({ blue: 100 });
    await clock.advance(119_000);
    expect(await router.detach?.(inGroup('green'), lease())).toBe('pending');
    await clock.advance(1000);
    expect(await router.detach?.(inGroup('green'), lease())).toBe('detached');
  });

  it('waits for targets that are still draining', async () => {
    const { fake, router, lease } = createShop();
    const [target] = fake.makeGroup('green', { tags: made, delaySeconds: 0 }).targets;
    if (target) target.health = ['draining', 'Target.DeregistrationInProgress'];

    expect(await router.detach?.(inGroup('green'), lease())).toBe('pending');
  });

  it('begins its wait anew when it was taken up again meanwhile', async () => {
    const { fake, clock, router, lease, shift } = createShop();
    fake.makeGroup('green', { tags: made });
    await router.detach?.(inGroup('green'), lease());
    await clock.advance(400_000);
    await shift({ green: 100 });
    await shift({ blue: 100 });

    expect(await router.detach?.(inGroup('green'), lease())).toBe('pending');
  });

  it('does not wait for one that was never in the action, or is gone', async () => {
    const { fake, router, lease } = createShop();
    expect(await router.detach?.(inGroup('other'), lease())).toBe('detached');

    fake.deleteGroup('other');
    expect(await router.detach?.(inGroup('other'), lease())).toBe('detached');
  });

  it('leaves a group that environments use in turn in its place, with no weight', async () => {
    const { fake, router, lease } = createShop();
    fake.makeGroup('green', { tags: { 'verdigris:environment': 'green' } });

    expect(await router.detach?.(inGroup('green'), lease())).toBe('detached');
    expect(fake.weights()).toEqual({ blue: 100, green: 0 });
  });

  it('takes that one out as well where clients with a cookie would stay with it', async () => {
    const { fake, router, lease } = createShop();
    fake.makeGroup('green', { tags: { 'verdigris:environment': 'green' } });
    const TargetGroupStickinessConfig = { Enabled: true, DurationSeconds: 60 };
    fake.setByHand([
      forwardTo({ blue: 100, green: 0 }, { ForwardConfig: { TargetGroupStickinessConfig } }),
    ]);

    expect(await router.detach?.(inGroup('green'), lease())).toBe('pending');
    expect(fake.weights()).toEqual({ blue: 100 });
  });

  it.each([
    ['by its name', inGroup('blue')],
    [
      'by its target group, whatever the environment is called',
      { ...inGroup('blue'), id: 'shop-1' },
    ],
    ['by its name, whatever target group it says is its own', { ...inGroup('other'), id: 'blue' }],
  ])('never lets go of what gets traffic, known %s (rule 8)', async (_, environment) => {
    const { fake, router, lease } = createShop();

    const attempt = router.detach?.(environment, lease());

    await expect(attempt).rejects.toEqual(named('EnvironmentInUseError', /blue|shop-1/));
    expect(fake.weights()).toEqual({ blue: 100, green: 0 });
  });

  it('does not empty an action', async () => {
    const { fake, router, lease } = createShop();
    fake.setByHand([forwardTo({ green: 0 })]);

    const attempt = router.detach?.(inGroup('green'), lease());

    await expect(attempt).rejects.toEqual(named('EnvironmentInUseError', /only target group/));
  });

  it('is not done after its lease', async () => {
    const { fake, router, lease } = createShop();

    const attempt = router.detach?.(inGroup('green'), lease(-1));

    await expect(attempt).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.weights()).toEqual({ blue: 100, green: 0 });
  });
});
