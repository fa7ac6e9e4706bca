import type { EnvironmentRef, Weights } from '../../../lib/release/document.ts';
import { createAlbListenerRouter } from '../../../lib/routers/alb-listener/router.ts';
import type { Route } from '../../../lib/routers/router.ts';
import { createFakeLoadBalancer } from '../../support/fakes/load-balancer.ts';
import { forwardTo, groupArn } from '../../support/fakes/load-balancer-control-plane.ts';
import { fakeEnvironment } from '../../support/fakes/router.ts';
import { createSleepingClock } from '../../support/virtual-clock.ts';

/** What a test may set up differently. */
export interface ShopOptions {
  kind?: 'app' | 'net';
  /** Further keys of the manifest. */
  config?: Record<string, unknown>;
  staleReads?: number;
}

/** An environment whose id is the name of its target group. */
export function inGroup(name: string): EnvironmentRef {
  return { ...fakeEnvironment(name), attributes: { targetGroupArn: groupArn(name) } };
}

/** A listener that sends everything to `blue`, with `green` beside it, and a router over it. */
export function createShop({ config = {}, ...options }: ShopOptions = {}) {
  const fake = createFakeLoadBalancer(options);
  for (const name of ['blue', 'green', 'other']) fake.makeGroup(name);
  fake.setByHand([forwardTo({ blue: 100, green: 0 })]);
  const clock = createSleepingClock();
  const { listenerArn, loadBalancers } = fake;
  const routerOf = (more: Record<string, unknown>) =>
    createAlbListenerRouter(
      { kind: 'alb-listener', listenerArn, ...more },
      { loadBalancers, clock, timers: clock },
    );
  const router = routerOf(config);
  const lease = (forMs = 30_000) => ({
    releaseId: 'r1',
    epoch: 4,
    deadlineMs: clock.now() + forMs,
  });
  const desire = (weights: Weights) => ({
    weights,
    environments: Object.keys(weights).map(inGroup),
  });
  const change = (from: Route, weights: Weights, forMs?: number) =>
    router.apply(router.plan(from, desire(weights)), lease(forMs));
  const shift = async (weights: Weights) => change(await router.read(), weights);
  return { fake, clock, router, routerOf, lease, desire, change, shift };
}

/** A shift of everything from blue to green, with both sides, as `readiness` and `prepare` get it. */
export const toGreen = {
  weights: { green: 100 },
  environments: [inGroup('green'), inGroup('blue')],
};
