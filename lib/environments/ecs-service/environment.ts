import { environmentName } from '../../aws/environment-name.ts';
import { type LoadBalancingApi, readTargetGroupFacts } from '../../aws/target-groups.ts';
import type { Clock } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import type { AdapterConfig } from '../../release/json.ts';
import type { Environment } from '../environment.ts';
import {
  type EcsApi,
  type EcsService,
  findActive,
  findService,
  releaseOf,
  setDesiredCount,
} from './cluster.ts';
import { factsOf } from './facts.ts';
import { ensureLiveCapacity } from './live-capacity.ts';
import { provisionService } from './provision.ts';
import { retireService } from './retire.ts';
import { ecsServiceSchema } from './schema.ts';
import { groupOf, listMade, lookup, serviceNameOf, toRef } from './shop.ts';
import { statusOf } from './status.ts';
import { findOwnRevision, findRevision } from './task-definition.ts';

/** What the adapter needs besides its part of the manifest. */
export interface EcsServiceDeps {
  ecs: EcsApi;
  elb: LoadBalancingApi;
  clock: Clock;
}

/**
 * The services of one cluster that are copies of one service; `config` is the manifest's part as it was
 * written. An environment's id is its ECS service's name, which its target group bears as a tag.
 */
export function createEcsServiceEnvironment(
  config: AdapterConfig,
  service: string,
  { ecs, elb, clock }: EcsServiceDeps,
): Environment {
  const { namePrefix = service, ...rest } = ecsServiceSchema.parse(config);
  const shop = { ...rest, namePrefix, service, ecs, elb };
  const find = (ref: EnvironmentRef) => findActive(shop, serviceNameOf(ref));
  const look = (ref: EnvironmentRef, found: EcsService | null, nowMs: number | null) =>
    statusOf(shop, serviceNameOf(ref), found, nowMs);
  return {
    provision: (artifact, releaseId) => provisionService(shop, artifact, releaseId),
    status: async (ref) => look(ref, await find(ref), clock.now()),
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
      const group = groupOf(shop, found);
      const [revision, targetGroup] = await Promise.all([
        findRevision(shop, found.taskDefinition ?? ''),
        group === null ? null : readTargetGroupFacts(elb, group),
      ]);
      return factsOf(found, revision, targetGroup);
    },
    async warm() {
      // Tasks that run are warm; the load balancer's health checks have reached them.
    },
    async scale(ref, capacity) {
      if (await find(ref)) await setDesiredCount(shop, serviceNameOf(ref), capacity);
    },
    // An approval may have taken its time: `cutover.readyWithin` is the limit here.
    goLive: async (ref, blue) => look(ref, await ensureLiveCapacity(shop, ref, blue), null),
    retire: (ref) => retireService(shop, ref),
  };
}
