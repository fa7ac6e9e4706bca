import { awsOnly } from '../release/kind.ts';
import { albListenerSchema } from './alb-listener/config.ts';
import type { RouterKind } from './index.ts';

export type { LoadBalancersApi } from './alb-listener/target-group.ts';

/** A route that is the forward action of a listener or of one of its rules. */
export const albListenerKind: RouterKind = {
  kind: 'alb-listener',
  schema: albListenerSchema,
  fits: {
    environments: ['ecs-service', 'auto-scaling-group', 'cloudformation-stack', 'prebuilt'],
    because: 'a listener forwards to target groups',
  },
  async create(config, service, { loadBalancers, clock, timers }) {
    if (!loadBalancers) throw awsOnly('router', 'alb-listener', service);
    const { createAlbListenerRouter } = await import('./alb-listener/router.ts');
    return createAlbListenerRouter(config, { loadBalancers, clock, timers });
  },
};
