import type { LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';
import { serviceTag, versionTag } from '../../aws/environment-tags.ts';
import type { Capacity } from '../../aws/green-capacity.ts';
import { onlyUser, type TargetGroups, targetGroupName } from '../../aws/target-group-choice.ts';
import type { LoadBalancingApi } from '../../aws/target-groups.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import {
  type AutoScalingApi,
  findActiveGroup,
  type Group,
  groupTag,
  isBeingDeleted,
  isRetired,
  listGroups,
  releaseOf,
} from './groups.ts';
import type { TemplateReference } from './launch-template.ts';
import type { Ec2Api } from './machine-image.ts';

/** One service's environments: what the manifest says, and whom to ask. */
export interface Fleet {
  autoScaling: AutoScalingApi;
  ec2: Ec2Api;
  elb: LoadBalancingApi;
  /** Verdigris's service. */
  service: string;
  namePrefix: string;
  like: string;
  launchTemplate?: string | undefined;
  targetGroups: TargetGroups;
  capacity: { validate: Capacity; live: Capacity };
  /** Seconds; of the group that is copied where it is absent. */
  healthCheckGracePeriod?: number | undefined;
  /** Seconds. */
  readyWithin: number;
}

/** Target groups to which a group is attached, in whichever way. */
export function attachedTo({ TargetGroupARNs = [], TrafficSources = [] }: Group): Set<string> {
  return new Set([
    ...TargetGroupARNs,
    ...TrafficSources.flatMap(({ Identifier }) => Identifier ?? []),
  ]);
}

/** The target group of the manifest to which a group is attached; null for none of them. */
export function targetGroupOf({ targetGroups }: Fleet, group: Group): string | null {
  const attached = attachedTo(group);
  return targetGroups.find(({ arn }) => attached.has(arn))?.arn ?? null;
}

/** What a group launches from; null for a launch configuration. */
export function specificationOf(group: Group): LaunchTemplateSpecification | null {
  const mixed = group.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  return group.LaunchTemplate ?? mixed ?? null;
}

/**
 * The template version that a release starts from: the default one of the template that the manifest
 * names, else what the copied group launches from. Null when that is a launch configuration.
 */
export function sourceOf({ launchTemplate }: Fleet, model: Group | null): TemplateReference | null {
  if (launchTemplate) return { template: launchTemplate, version: '$Default' };
  return model && launchedBy(model);
}

/** The template version from which a group launches; null for a launch configuration. */
export function launchedBy(group: Group): TemplateReference | null {
  const { LaunchTemplateId, LaunchTemplateName, Version } = specificationOf(group) ?? {};
  const template = LaunchTemplateId ?? LaunchTemplateName;
  return template ? { template, version: Version ?? '$Default' } : null;
}

/** A group as the router knows it, by its own name unless told otherwise. */
export function toRef(fleet: Fleet, group: Group, id = group.AutoScalingGroupName): EnvironmentRef {
  const arn = targetGroupOf(fleet, group);
  const { LaunchTemplateId, Version } = specificationOf(group) ?? {};
  return {
    id,
    kind: 'auto-scaling-group',
    version: groupTag(group, versionTag) ?? 'unknown',
    address: fleet.targetGroups.find((one) => one.arn === arn)?.address ?? null,
    attributes: {
      autoScalingGroupName: group.AutoScalingGroupName,
      ...(LaunchTemplateId && { launchTemplateId: LaunchTemplateId }),
      ...(Version && { launchTemplateVersion: Version }),
      ...(arn && { targetGroupArn: arn }),
    },
  };
}

/** The Auto Scaling group behind an environment: another name only for what was there before Verdigris. */
export function groupNameOf({ id, attributes }: EnvironmentRef): string {
  return attributes.autoScalingGroupName ?? id;
}

/** Groups that were made for releases of this service, newest first. */
export async function listMade({ autoScaling, service }: Fleet): Promise<Group[]> {
  const tagged = await listGroups(autoScaling, { key: serviceTag, value: service });
  const made = tagged.filter((group) => releaseOf(group) !== null && !isBeingDeleted(group));
  const madeAt = ({ CreatedTime }: Group) => CreatedTime?.getTime() ?? 0;
  return made.sort((a, b) => madeAt(b) - madeAt(a));
}

/** Who is attached to which target group, by its ARN. What was retired and left is not counted. */
export function usersOf(groups: readonly Group[]): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const group of groups) {
    if (isRetired(group)) continue;
    const user = `Auto Scaling group ${group.AutoScalingGroupName} with ${group.Instances?.length ?? 0} instances`;
    for (const arn of attachedTo(group)) users.set(arn, [...(users.get(arn) ?? []), user]);
  }
  return users;
}

/**
 * What the router calls by this name: a group, or the one that is attached to a target group of this
 * name, as what was live before Verdigris came is named by its target group.
 * @throws ConfigInvalidError when several groups share that target group.
 */
export async function lookup(fleet: Fleet, id: string): Promise<EnvironmentRef | null> {
  const named = await findActiveGroup(fleet.autoScaling, id);
  if (named) return toRef(fleet, named);
  const target = fleet.targetGroups.find(({ arn }) => targetGroupName(arn) === id);
  if (!target) return null;
  const all = await listGroups(fleet.autoScaling);
  const attached = all.filter(
    (group) => !isBeingDeleted(group) && !isRetired(group) && attachedTo(group).has(target.arn),
  );
  const only = onlyUser(id, attached, ({ AutoScalingGroupName }) => AutoScalingGroupName);
  return only && toRef(fleet, only, id);
}
