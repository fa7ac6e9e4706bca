import {
  type AutoScalingClient,
  type AutoScalingGroup,
  CreateAutoScalingGroupCommand,
  type CreateAutoScalingGroupCommandInput,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  type DescribeAutoScalingGroupsCommandInput,
  DescribeLifecycleHooksCommand,
  type LifecycleHookSpecification,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { releaseTag, retiredTag } from '../../aws/environment-tags.ts';
import { orNull, orOurs, type ProviderCall } from '../../aws/provider-errors.ts';
import { messageOf } from '../../release/errors.ts';

/** The one call of the SDK's client. */
export type AutoScalingApi = Pick<AutoScalingClient, 'send'>;

/** A group that is there. */
export type Group = AutoScalingGroup & { AutoScalingGroupName: string };

/** How large a group is. */
export interface Sizes {
  MinSize: number;
  MaxSize: number;
  DesiredCapacity: number;
}

/** What an operation of Auto Scaling is done to, for messages. */
export function groupCall(operation: string, name: string): ProviderCall {
  const action = `autoscaling:${operation}`;
  return { provider: 'Auto Scaling', action, of: `Auto Scaling group ${name}` };
}

async function describeGroups(
  autoScaling: AutoScalingApi,
  wanted: DescribeAutoScalingGroupsCommandInput,
  name: string,
): Promise<Group[]> {
  const found: Group[] = [];
  let NextToken: string | undefined;
  do {
    const command = new DescribeAutoScalingGroupsCommand({ ...wanted, NextToken });
    const call = groupCall('DescribeAutoScalingGroups', name);
    const answer = await orOurs(autoScaling.send(command), call);
    found.push(...(answer.AutoScalingGroups ?? []).filter(isNamed));
    NextToken = answer.NextToken;
  } while (NextToken);
  return found;
}

function isNamed(group: AutoScalingGroup): group is Group {
  return Boolean(group.AutoScalingGroupName);
}

/** The group with this name, also while it is being deleted; null when there is none. */
export async function findGroup(autoScaling: AutoScalingApi, name: string): Promise<Group | null> {
  const [found] = await describeGroups(autoScaling, { AutoScalingGroupNames: [name] }, name);
  return found ?? null;
}

/** The same, but none that is being deleted. */
export async function findActiveGroup(
  autoScaling: AutoScalingApi,
  name: string,
): Promise<Group | null> {
  const found = await findGroup(autoScaling, name);
  return found && !isBeingDeleted(found) ? found : null;
}

/** Every group, or those with this tag. */
export function listGroups(
  autoScaling: AutoScalingApi,
  tag?: { key: string; value: string },
): Promise<Group[]> {
  const Filters = tag && [{ Name: `tag:${tag.key}`, Values: [tag.value] }];
  return describeGroups(autoScaling, { Filters, MaxRecords: 100 }, tag?.value ?? '*');
}

/** "The current state of the group when the DeleteAutoScalingGroup operation is in progress." */
export function isBeingDeleted({ Status }: Group): boolean {
  return Boolean(Status);
}

/** Makes a group. One of that name, made by another call of the same release, counts as made. */
export async function createGroup(
  autoScaling: AutoScalingApi,
  input: CreateAutoScalingGroupCommandInput,
): Promise<void> {
  const call = groupCall('CreateAutoScalingGroup', `${input.AutoScalingGroupName}`);
  const sending = autoScaling.send(new CreateAutoScalingGroupCommand(input));
  await orNull(sending, call, 'AlreadyExistsFault', 'AlreadyExists');
}

/** Sets a group's size. False while an activity keeps Auto Scaling from it, or it is gone. */
export async function resizeGroup(
  autoScaling: AutoScalingApi,
  name: string,
  sizes: Partial<Sizes>,
): Promise<boolean> {
  const command = new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: name, ...sizes });
  return isDone(autoScaling.send(command), 'UpdateAutoScalingGroup', name);
}

/** Deletes a group without instances. False while an activity keeps Auto Scaling from it. */
export async function deleteGroup(autoScaling: AutoScalingApi, name: string): Promise<boolean> {
  const command = new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name });
  return isDone(autoScaling.send(command), 'DeleteAutoScalingGroup', name);
}

async function isDone(sending: Promise<unknown>, operation: string, name: string) {
  const gone = sending.catch((error: unknown) => {
    // A group that is not there is a ValidationError: "AutoScalingGroup name not found - …".
    if (/name not found|not found/i.test(messageOf(error))) return null;
    throw error;
  });
  const answer = await orNull(
    gone,
    groupCall(operation, name),
    'ScalingActivityInProgressFault',
    'ScalingActivityInProgress',
    'ResourceInUseFault',
    'ResourceInUse',
  );
  return answer !== null;
}

/** Notes on a group that it was retired, so that its target group counts as free. */
export async function markRetired(autoScaling: AutoScalingApi, name: string): Promise<void> {
  const tag = {
    ResourceId: name,
    ResourceType: 'auto-scaling-group',
    Key: retiredTag,
    Value: 'true',
    PropagateAtLaunch: false,
  };
  const command = new CreateOrUpdateTagsCommand({ Tags: [tag] });
  await orOurs(autoScaling.send(command), groupCall('CreateOrUpdateTags', name));
}

/** The hooks of a group, as another one is made with them. */
export async function readLifecycleHooks(
  autoScaling: AutoScalingApi,
  name: string,
): Promise<LifecycleHookSpecification[]> {
  const command = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: name });
  const call = groupCall('DescribeLifecycleHooks', name);
  const { LifecycleHooks = [] } = await orOurs(autoScaling.send(command), call);
  return LifecycleHooks.map((hook) => ({
    LifecycleHookName: hook.LifecycleHookName,
    LifecycleTransition: hook.LifecycleTransition,
    NotificationMetadata: hook.NotificationMetadata,
    HeartbeatTimeout: hook.HeartbeatTimeout,
    DefaultResult: hook.DefaultResult,
    NotificationTargetARN: hook.NotificationTargetARN,
    RoleARN: hook.RoleARN,
  }));
}

/** The value of a group's tag; null where there is none. */
export function groupTag({ Tags = [] }: Group, key: string): string | null {
  return Tags.find((tag) => tag.Key === key)?.Value ?? null;
}

/** The release for which a group was made; null for one that something else made. */
export function releaseOf(group: Group): string | null {
  return groupTag(group, releaseTag);
}

/** A retired one that was left where it is. */
export function isRetired(group: Group): boolean {
  return group.DesiredCapacity === 0 && groupTag(group, retiredTag) !== null;
}

/** What a group weighs that takes requests: instances, or the units of a mixed group. */
export function capacityInService({ Instances = [] }: Group): number {
  const serving = Instances.filter(
    (one) => one.LifecycleState === 'InService' && one.HealthStatus === 'Healthy',
  );
  return serving.reduce((sum, { WeightedCapacity }) => sum + Number(WeightedCapacity ?? 1), 0);
}
