import type { Clock } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { PreflightContext } from '../check.ts';
import type { CloudWatchApi, OpenConnections, ReadConnections } from '../connections.ts';
import { routersOf } from './drain.ts';
import { connectionsOf, loadBalancerOf } from './load-balancer.ts';

/** What a platform can tell of connections. */
export interface ConnectionSources {
  readConnections?: ReadConnections | undefined;
  cloudWatch?: CloudWatchApi | undefined;
  clock?: Clock | undefined;
}

/** What is known of the connections that users have. */
export type Known =
  | { by: 'proxy'; open: OpenConnections }
  /** Of a whole load balancer, whoever it serves. */
  | { by: 'load-balancer'; loadBalancer: string; count: number | null }
  | { by: 'nobody'; why: string };

/** A request that has lasted so many seconds is one of those that last. */
const longLivedSeconds = 1;

/** Looks how many connections blue has; where nobody knows, why. */
export async function lookAtConnections(
  { service, blue, plan, abort }: PreflightContext,
  { readConnections, cloudWatch, clock }: ConnectionSources,
): Promise<Known> {
  if (!blue) return { by: 'nobody', why: 'there is no blue yet' };
  if (readConnections && routersOf(plan.router).some(({ kind }) => kind === 'local-proxy')) {
    const { sockets, requests } = readConnections(service, blue.id);
    const lasting = requests.filter((age) => age >= longLivedSeconds);
    return { by: 'proxy', open: { sockets, requests: lasting } };
  }
  const [loadBalancer] = routersOf(plan.router).flatMap((one) => loadBalancerOf(one) ?? []);
  if (!loadBalancer || !cloudWatch || !clock)
    return { by: 'nobody', why: `a router of kind ${plan.router.kind} counts none` };
  try {
    const count = await connectionsOf(loadBalancer, { cloudWatch, clock }, abort);
    return { by: 'load-balancer', loadBalancer, count };
  } catch (error) {
    return { by: 'nobody', why: `CloudWatch did not say: ${messageOf(error)}` };
  }
}
