import { createHash } from 'node:crypto';
import { serviceTag, versionTag } from '../../aws/environment-tags.ts';
import type { Capacity } from '../../aws/green-capacity.ts';
import { onlyUser, type TargetGroups, targetGroupName } from '../../aws/target-group-choice.ts';
import type { LoadBalancingApi } from '../../aws/target-groups.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import {
  type Cluster,
  describeServices,
  type EcsService,
  findActive,
  isRetired,
  listServiceNames,
  releaseOf,
  tagOf,
} from './cluster.ts';

/** One service's environments in one cluster: what the manifest says, and whom to ask. */
export interface Shop extends Cluster {
  elb: LoadBalancingApi;
  /** Verdigris's service. */
  service: string;
  namePrefix: string;
  like: string;
  taskDefinition: string;
  container?: string | undefined;
  containerPort?: number | undefined;
  targetGroups: TargetGroups;
  capacity: { validate: Capacity; live: Capacity };
  /** Seconds; of the service that is copied where it is absent. */
  healthCheckGracePeriod?: number | undefined;
  /** Seconds. */
  readyWithin: number;
}

/** CreateService takes at most 36 characters (ECS_Idempotency). */
export function clientTokenFor(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** The group of the manifest to which a service is attached; null for none of them. */
export function groupOf({ targetGroups }: Shop, { loadBalancers = [] }: EcsService): string | null {
  const attached = new Set(loadBalancers.map(({ targetGroupArn }) => targetGroupArn));
  return targetGroups.find(({ arn }) => attached.has(arn))?.arn ?? null;
}

/** A service as the router knows it, by its own name unless told otherwise. */
export function toRef(shop: Shop, found: EcsService, id = found.serviceName): EnvironmentRef {
  const group = groupOf(shop, found);
  return {
    id,
    kind: 'ecs-service',
    version: tagOf(found, versionTag) ?? 'unknown',
    address: shop.targetGroups.find(({ arn }) => arn === group)?.address ?? null,
    attributes: {
      cluster: shop.cluster,
      serviceName: found.serviceName,
      taskDefinitionArn: found.taskDefinition ?? '',
      ...(group && { targetGroupArn: group }),
    },
  };
}

/** The ECS service behind an environment: another name only for what was there before Verdigris. */
export function serviceNameOf({ id, attributes }: EnvironmentRef): string {
  return attributes.serviceName ?? id;
}

/** Active services that were made for releases of this service, newest first. */
export async function listMade(shop: Shop): Promise<EcsService[]> {
  const names = (await listServiceNames(shop)).filter((name) =>
    name.startsWith(`${shop.namePrefix}-`),
  );
  const found = (await describeServices(shop, names)).filter(
    (one) => one.status === 'ACTIVE' && releaseOf(one) && tagOf(one, serviceTag) === shop.service,
  );
  const madeAt = ({ createdAt }: EcsService) => createdAt?.getTime() ?? 0;
  return found.sort((a, b) => madeAt(b) - madeAt(a));
}

/** Who is attached to which target group, by its ARN. What was retired and left is not counted. */
export function usersOf(services: readonly EcsService[]): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const one of services) {
    if (isRetired(one)) continue;
    for (const { targetGroupArn: arn = '' } of one.loadBalancers ?? []) {
      users.set(arn, [...(users.get(arn) ?? []), describeUser(one)]);
    }
  }
  return users;
}

function describeUser({ serviceName, runningCount = 0 }: EcsService): string {
  return `service ${serviceName} with ${runningCount} running tasks`;
}

/**
 * What the router calls by this name: a service, or the one that is attached to a target group of this
 * name, as what was live before Verdigris came is named by its group.
 * @throws ConfigInvalidError when several services share that group.
 */
export async function lookup(shop: Shop, id: string): Promise<EnvironmentRef | null> {
  const named = await findActive(shop, id);
  if (named) return toRef(shop, named);
  const group = shop.targetGroups.find(({ arn }) => targetGroupName(arn) === id);
  if (!group) return null;
  const all = await describeServices(shop, await listServiceNames(shop));
  const attached = all.filter(
    (one) =>
      one.status === 'ACTIVE' &&
      !isRetired(one) &&
      one.loadBalancers?.some(({ targetGroupArn }) => targetGroupArn === group.arn),
  );
  const only = onlyUser(id, attached, ({ serviceName }) => serviceName);
  return only && toRef(shop, only, id);
}
