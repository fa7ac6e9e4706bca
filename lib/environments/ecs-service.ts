import { awsOnly } from '../release/kind.ts';
import { ecsServiceSchema } from './ecs-service/schema.ts';
import type { EnvironmentKind } from './index.ts';

export type { LoadBalancingApi } from '../aws/target-groups.ts';
export type { EcsApi } from './ecs-service/cluster.ts';

/** Environments that are services of one ECS cluster, each in a target group. */
export const ecsServiceKind: EnvironmentKind = {
  kind: 'ecs-service',
  schema: ecsServiceSchema,
  async create(config, service, { ecs, elb, clock }) {
    if (!ecs || !elb) throw awsOnly('environment', 'ecs-service', service);
    const { createEcsServiceEnvironment } = await import('./ecs-service/environment.ts');
    return createEcsServiceEnvironment(config, service, { ecs, elb, clock });
  },
};
