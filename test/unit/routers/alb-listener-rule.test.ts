import { describe, expect, it } from 'vitest';
import { albListenerSchema } from '../../../lib/routers/alb-listener/config.ts';
import { forwardTo, notThereYet } from '../../support/fakes/load-balancer-control-plane.ts';
import { createShop } from './alb-listener-harness.ts';

const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

const host = (...Values: string[]) => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const path = (...Values: string[]) => ({ Field: 'path-pattern', PathPatternConfig: { Values } });
const method = { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET'] } };

function createRules() {
  const shop = createShop();
  const make = (priority: number, ...conditions: Parameters<typeof shop.fake.makeRule>[1]) =>
    shop.fake.makeRule(priority, conditions, [forwardTo({ blue: 1 })]);
  const rules = {
    api: make(10, host('shop.example'), path('/api/*', '/v1/*')),
    shop: make(20, host('shop.example', 'www.shop.example')),
    paths: make(30, path('/static/*')),
    reads: make(40, host('reads.example'), method),
  };
  return { ...shop, rules };
}

describe('choosing a rule', () => {
  it.each([
    ['its priority', { priority: 20 }, 'shop'],
    ['its host', { host: 'www.shop.example' }, 'shop'],
    ['its host and path', { host: 'shop.example', path: '/v1/*' }, 'api'],
    ['its path', { path: '/static/*' }, 'paths'],
  ] as const)('by %s', async (_, rule, key) => {
    const { fake, routerOf, rules, desire, lease } = createRules();
    const router = routerOf({ rule });

    await router.apply(router.plan(await router.read(), desire({ green: 100 })), lease());

    expect(fake.weights(rules[key])).toEqual({ blue: 0, green: 100 });
    for (const [name, arn] of Object.entries(rules))
      if (name !== key) expect(fake.weights(arn)).toEqual({ blue: 1 });
    expect(fake.weights()).toEqual({ blue: 100, green: 0 });
  });

  it('by its ARN, whatever becomes of its priority', async () => {
    const { fake, routerOf, rules } = createRules();
    const router = routerOf({ rule: { arn: rules.shop } });
    fake.movePriority(rules.shop, 5);
    fake.setByHand([forwardTo({ blue: 1, green: 1 })], rules.shop);

    expect((await router.read()).weights).toEqual({ blue: 50, green: 50 });
  });

  it('by the ARN of the default rule is the listener itself', async () => {
    const { fake, routerOf, desire, lease } = createRules();
    const arn = `${fake.listenerArn.replace(':listener/', ':listener-rule/')}/default`;
    const router = routerOf({ rule: { arn } });

    await router.apply(router.plan(await router.read(), desire({ green: 100 })), lease());

    expect(fake.commands().at(-1)).toBe('ModifyListener');
  });

  it('finds out anew which rule has the priority, so that a moved one is seen (rule 9)', async () => {
    const { fake, routerOf, rules, desire, lease } = createRules();
    const router = routerOf({ rule: { priority: 20 } });
    const before = await router.read();
    fake.movePriority(rules.shop, 21);
    fake.movePriority(rules.paths, 20);
    fake.setByHand([forwardTo({ other: 1 })], rules.paths);

    const late = router.apply(router.plan(before, desire({ green: 100 })), lease());

    await expect(late).rejects.toEqual(named('RouteConflictError', /other 100.*blue 100/));
  });

  it.each([
    ['no rule', { priority: 11 }, /no rule .*priority 11.*priority 10 \(host-header shop\.example/],
    ['no rule', { host: 'reads.example' }, /no rule .*host reads\.example/],
    ['no rule', { path: '/api/*' }, /no rule .*path/],
  ])('finds %s for %j, and says which there are', async (_, rule, message) => {
    const { routerOf } = createRules();

    await expect(routerOf({ rule }).read()).rejects.toEqual(named('ConfigInvalidError', message));
  });

  it('does not choose between two rules', async () => {
    const { fake, routerOf } = createRules();
    fake.makeRule(50, [path('/static/*')], [notThereYet]);

    const attempt = routerOf({ rule: { path: '/static/*' } }).read();

    await expect(attempt).rejects.toEqual(
      named('ConfigInvalidError', /more than one.*priority 30.*priority 50/),
    );
  });

  it('says so when the listener or the rule is not there', async () => {
    const { fake, routerOf, rules } = createRules();
    const listenerArn = fake.listenerArn.replace(/.$/, '0');
    await expect(routerOf({ listenerArn }).read()).rejects.toEqual(
      named('ConfigInvalidError', /DescribeListeners.*correct the router/),
    );

    const rule = { arn: rules.shop.replace(/.$/, '9') };
    await expect(routerOf({ rule }).read()).rejects.toEqual(
      named('ConfigInvalidError', /RuleNotFound/),
    );
  });
});

describe('the manifest', () => {
  const arn = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/0a1b/2c3d';
  const problemsOf = (part: Record<string, unknown>) => {
    const { error } = albListenerSchema.safeParse({
      kind: 'alb-listener',
      listenerArn: arn,
      ...part,
    });
    return (error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`).join();
  };

  it.each([
    [{}, /^$/],
    [{ rule: { arn: `${arn.replace('listener/', 'listener-rule/')}/4e5f` } }, /^$/],
    [{ rule: { host: 'a.example', path: '/x' } }, /^$/],
    [{ listenerArn: arn.replace('/app/', '/net/'), rule: { priority: 1 } }, /^$/],
    [{ rule: {} }, /^rule: needs an arn, or a priority/],
    [{ rule: { priority: 1, host: 'a.example' } }, /^rule: .*one of the three/],
    [
      { rule: { arn: `${arn.replace('listener/app/shop', 'listener-rule/app/other')}/4e5f` } },
      /^rule\.arn: .*this very listener/,
    ],
    [{ listenerArn: arn.replace('/app/', '/net/'), rule: { path: '/x' } }, /Network Load Balancer/],
    [{ listenerArn: arn.replace('/app/', '/gwy/') }, /^listenerArn: needs the ARN of a listener/],
    [{ listenerArn: 'shop' }, /^listenerArn/],
    [{ minHealthyShare: 'half' }, /^minHealthyShare: needs a share/],
  ])('with %j says %s', (part, problems) => {
    expect(problemsOf(part)).toMatch(problems);
  });
});
