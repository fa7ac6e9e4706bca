import { z } from 'zod';
import { environmentName } from '../aws/environment-name.ts';
import { capacitySchema } from '../aws/green-capacity.ts';
import { targetGroupsSchema } from '../aws/target-group-choice.ts';
import type { LoadBalancingApi } from '../aws/target-groups.ts';
import type { Clock } from '../release/clock.ts';
import type { EnvironmentRef } from '../release/document.ts';
import type { AdapterConfig } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import { atMost } from '../release/quantities.ts';
import {
  type EcsApi,
  type EcsService,
  findActive,
  findService,
  releaseOf,
  setDesiredCount,
} from './ecs-service/cluster.ts';
import { factsOf } from './ecs-service/facts.ts';
import { ensureLiveCapacity } from './ecs-service/live-capacity.ts';
import { provisionService } from './ecs-service/provision.ts';
import { retireService } from './ecs-service/retire.ts';
import { listMade, lookup, serviceNameOf, toRef } from './ecs-service/shop.ts';
import { statusOf } from './ecs-service/status.ts';
import { findOwnRevision, findRevision } from './ecs-service/task-definition.ts';
import type { Environment } from './environment.ts';
import type { EnvironmentKind } from './index.ts';

export type { LoadBalancingApi } from '../aws/target-groups.ts';
export type { EcsApi } from './ecs-service/cluster.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,255}$/, 'needs a name in ECS, not an ARN: A-Z a-z 0-9 - _');

const schema = z.strictObject({
  kind: z.literal('ecs-service'),
  cluster: name.describe('The cluster, in which blue is too'),
  like: name.describe(
    'The service whose launch settings are copied; once it is gone, those of the newest one that was made',
  ),
  taskDefinition: name.describe('The family whose newest revision is copied'),
  container: name
    .optional()
    .describe('The container that gets the image; the only essential one if absent'),
  containerPort: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Where it takes requests; the only port that it maps if absent'),
  targetGroups: targetGroupsSchema.describe('Between which releases alternate; each on a listener'),
  capacity: capacitySchema('tasks'),
  healthCheckGracePeriod: atMost('24h')
    .optional()
    .describe(
      'For which ECS overlooks failed health checks of a new task; as `like` has it if absent',
    ),
  namePrefix: name
    .max(60)
    .optional()
    .describe("What names of services and families begin with; the service's name if absent"),
  readyWithin: atMost('24h').default(900).describe('A rollout that takes longer has failed'),
});

/** What the adapter needs besides its part of the manifest. */
export interface EcsServiceDeps {
  ecs: EcsApi;
  elb: LoadBalancingApi;
  clock: Clock;
}

/** Environments that are services of one ECS cluster, each in a target group. */
export const ecsServiceKind: EnvironmentKind = {
  kind: 'ecs-service',
  schema,
  create(config, service, { ecs, elb, clock }) {
    if (ecs && elb) return createEcsServiceEnvironment(config, service, { ecs, elb, clock });
    throw awsOnly('environment', 'ecs-service', service);
  },
};

/**
 * The services of one cluster that are copies of one service; `config` is the manifest's part as it was
 * written. An environment's id is its ECS service's name, which its target group bears as a tag.
 */
export function createEcsServiceEnvironment(
  config: AdapterConfig,
  service: string,
  { ecs, elb, clock }: EcsServiceDeps,
): Environment {
  const { namePrefix = service, ...rest } = schema.parse(config);
  const shop = { ...rest, namePrefix, service, ecs, elb };
  const find = (ref: EnvironmentRef) => findActive(shop, serviceNameOf(ref));
  const look = (ref: EnvironmentRef, found: EcsService | null) =>
    statusOf(shop, serviceNameOf(ref), found, clock.now());
  return {
    provision: (artifact, releaseId) => provisionService(shop, artifact, releaseId),
    status: async (ref) => look(ref, await find(ref)),
    async ofRelease(releaseId) {
      const made = environmentName(namePrefix, releaseId);
      const found = await findService(shop, made);
      if (found) return releaseOf(found) === releaseId ? toRef(shop, found) : null;
      // A task definition without its service, where the call in between failed.
      const revision = await findOwnRevision(shop, made, releaseId);
      return revision && toRef(shop, { serviceName: made, status: 'MISSING', tags: revision.tags });
    },
    lookup: (id) => lookup(shop, id),
    async list() {
      const made = await listMade(shop);
      return made.map((found) => ({ ref: toRef(shop, found), releaseId: releaseOf(found) ?? '' }));
    },
    async describe(ref) {
      const found = await find(ref);
      if (!found) return {};
      const revision = await findRevision(shop, found.taskDefinition ?? '');
      return factsOf(found, revision?.definition ?? null);
    },
    async warm() {
      // Tasks that run are warm; the load balancer's health checks have reached them.
    },
    async scale(ref, capacity) {
      if (await find(ref)) await setDesiredCount(shop, serviceNameOf(ref), capacity);
    },
    goLive: async (ref, blue) => look(ref, await ensureLiveCapacity(shop, ref, blue)),
    retire: (ref) => retireService(shop, ref),
  };
}
