import {
  type Action,
  DescribeRulesCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, describe, expect, it } from 'vitest';
import type { EnvironmentRef, Weights } from '../../lib/release/document.ts';
import { createAlbListenerRouter } from '../../lib/routers/alb-listener/router.ts';
import { routerContract } from '../contract/router-contract.ts';
import { emulators } from '../support/emulators.ts';
import { fakeEnvironment } from '../support/fakes/router.ts';
import { machine } from '../unit/routers/proxy-harness.ts';
import {
  createEmulatedLoadBalancer,
  type EmulatedLoadBalancer,
  notThereYet,
} from './load-balancer.ts';

const { clock, timers } = machine;

/** An emulator that loses what the contract is about. */
const noWeights: Partial<Record<keyof typeof emulators, string>> = {
  ministack:
    'MiniStack 1.5.33 ignores ForwardConfig, so that no forward has target groups and weights',
};

function routerOf({ api: loadBalancers, listenerArn }: EmulatedLoadBalancer, rule?: object) {
  const config = { kind: 'alb-listener', listenerArn, ...(rule ? { rule } : {}) };
  return createAlbListenerRouter(config, { loadBalancers, clock, timers });
}

async function makeEnvironment(
  balancer: EmulatedLoadBalancer,
  id: string,
): Promise<EnvironmentRef> {
  const tags = { 'verdigris:environment': id, 'verdigris:release': `r-${id}` };
  const targetGroupArn = await balancer.makeGroup(id, tags);
  return { ...fakeEnvironment(id), attributes: { targetGroupArn } };
}

async function subjectOf(balancer: EmulatedLoadBalancer, rule?: object) {
  return {
    router: routerOf(balancer, rule),
    blue: await makeEnvironment(balancer, 'blue'),
    green: await makeEnvironment(balancer, 'green'),
    nowMs: () => clock.now(),
    stop: () => balancer.remove(),
  };
}

for (const name of ['moto', 'ministack'] as const) {
  const why = noWeights[name];
  describe.skipIf(why)(`weights on ${name}${why ? ` (${why})` : ''}`, () => {
    routerContract(`alb-listener, its default action, on ${name}`, async () =>
      subjectOf(await createEmulatedLoadBalancer(emulators[name])),
    );

    routerContract(`alb-listener, one rule, on ${name}`, async () => {
      const balancer = await createEmulatedLoadBalancer(emulators[name]);
      await balancer.makeRule(10, 'shop.example', [notThereYet]);
      await balancer.makeRule(20, 'other.example', [notThereYet]);
      return subjectOf(balancer, { host: 'shop.example' });
    });
  });

  describe(`the rules of a listener on ${name}`, () => {
    let balancer: EmulatedLoadBalancer;
    afterEach(() => balancer.remove());

    it('are told apart by ARN, by priority and by host', async () => {
      balancer = await createEmulatedLoadBalancer(emulators[name]);
      const toBlue: Action = { Type: 'forward', TargetGroupArn: await balancer.makeGroup('blue') };
      await balancer.makeRule(10, 'other.example', [notThereYet]);
      const arn = await balancer.makeRule(20, 'shop.example', [toBlue]);

      const blue = { [toBlue.TargetGroupArn?.split('/')[1] ?? '']: 100 };
      for (const rule of [{ arn }, { priority: 20 }, { host: 'shop.example' }])
        expect((await routerOf(balancer, rule).read()).weights).toEqual(blue);
      expect((await routerOf(balancer, { priority: 10 }).read()).weights).toEqual({});
      await expect(routerOf(balancer, { priority: 30 }).read()).rejects.toMatchObject({
        name: 'ConfigInvalidError',
      });
    });
  });
}

describe('a release on moto', () => {
  let balancer: EmulatedLoadBalancer;
  afterEach(() => balancer.remove());

  it('keeps the stickiness, sees that somebody reset the weights, goes back, and lets go', async () => {
    balancer = await createEmulatedLoadBalancer(emulators.moto);
    const blue = await makeEnvironment(balancer, 'blue');
    const green = await makeEnvironment(balancer, 'green');
    const TargetGroupStickinessConfig = { Enabled: true, DurationSeconds: 600 };
    const onlyBlue: Action = {
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: [{ TargetGroupArn: blue.attributes.targetGroupArn, Weight: 1 }],
        TargetGroupStickinessConfig,
      },
    };
    const RuleArn = await balancer.makeRule(10, 'shop.example', [onlyBlue]);
    const router = routerOf(balancer, { arn: RuleArn });
    const lease = () => ({ releaseId: 'r-green', epoch: 1, deadlineMs: clock.now() + 10_000 });
    const to = (weights: Weights) => ({ weights, environments: [blue, green] });
    const shift = async (weights: Weights) =>
      router.apply(router.plan(await router.read(), to(weights)), lease());
    const readAction = async () => {
      const { Rules } = await balancer.api.send(new DescribeRulesCommand({ RuleArns: [RuleArn] }));
      return Rules?.[0]?.Actions?.[0]?.ForwardConfig;
    };

    const desired = to({ blue: 50, green: 50 });
    expect(await router.readiness?.(desired)).toMatchObject({ status: 'unprepared' });
    await router.prepare?.(desired, lease());
    expect(await router.readiness?.(desired)).toMatchObject({ status: 'ready' });
    const ours = await shift({ blue: 50, green: 50 });
    expect(await readAction()).toMatchObject({ TargetGroupStickinessConfig });

    await balancer.api.send(new ModifyRuleCommand({ RuleArn, Actions: [onlyBlue] }));
    const next = router.apply(router.plan(ours, to({ green: 100 })), lease());
    await expect(next).rejects.toMatchObject({ name: 'RouteConflictError' });
    expect((await readAction())?.TargetGroups).toHaveLength(1);

    await shift({ green: 100 });
    await shift({ blue: 100 });
    expect(await router.verify(to({ blue: 100 }))).toBe('converged');
    expect((await readAction())?.TargetGroups).toHaveLength(1);
    expect(await router.detach?.(green, lease())).toBe('detached');
  });
});
