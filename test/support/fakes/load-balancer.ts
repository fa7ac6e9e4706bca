import type { LoadBalancersApi } from '../../../lib/routers/alb-listener.ts';
import {
  createLoadBalancerControlPlane,
  type LoadBalancerKnobs,
  type LoadBalancerView,
} from './load-balancer-control-plane.ts';
import { createFakeCalls, type FakeCalls } from './sdk-client.ts';

/** A load balancer in memory, with one listener, and faults to inject. */
export interface FakeLoadBalancer extends LoadBalancerKnobs, LoadBalancerView, FakeCalls {
  readonly loadBalancers: LoadBalancersApi;
}

/**
 * A fake of the client of Elastic Load Balancing for tests.
 * @example
 * const fake = createFakeLoadBalancer();
 * fake.makeGroup('tg-blue');
 * fake.setByHand([forwardTo({ 'tg-blue': 1 })]);
 * fake.failNext('ModifyListener', 'ThrottlingException');
 */
export function createFakeLoadBalancer(
  options: { kind?: 'app' | 'net' } & Partial<LoadBalancerKnobs> = {},
): FakeLoadBalancer {
  const { staleReads = 0, initialReads = 0 } = options;
  const knobs: LoadBalancerKnobs = { staleReads, initialReads };
  const { operations, view } = createLoadBalancerControlPlane(options, knobs);
  const { createSend, ...calls } = createFakeCalls('load balancer');
  const loadBalancers = { send: createSend(operations) } as unknown as LoadBalancersApi;
  return Object.assign(knobs, view, calls, { loadBalancers });
}
