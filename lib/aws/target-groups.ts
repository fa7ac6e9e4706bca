import {
  AddTagsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetGroup as FoundTargetGroup,
  RemoveTagsCommand,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import { environmentTag, serviceTag } from './environment-tags.ts';
import { orOurs } from './provider-errors.ts';
import { isCalled } from './sdk-errors.ts';
import {
  type Target,
  type TargetGroup,
  type TargetGroups,
  targetGroupName,
} from './target-group-choice.ts';

/** The one call of the SDK's client. */
export type LoadBalancingApi = Pick<ElasticLoadBalancingV2Client, 'send'>;

const callOn = (operation: string, of: string) => ({
  provider: 'Elastic Load Balancing',
  action: `elasticloadbalancing:${operation}`,
  of,
});

/**
 * These groups in this order.
 * @throws ConfigInvalidError when one of them is not there.
 */
export async function readTargetGroups(
  elb: LoadBalancingApi,
  groups: readonly Pick<TargetGroups[number], 'arn'>[],
): Promise<TargetGroup[]> {
  const arns = groups.map(({ arn }) => arn);
  const [attached, owners, targets] = await Promise.all([
    readAttached(elb, arns),
    readOwners(elb, arns),
    Promise.all(arns.map((arn) => readTargets(elb, arn))),
  ]);
  return arns.map((arn, index) => ({
    arn,
    name: targetGroupName(arn),
    isAttached: attached.has(arn),
    environmentId: owners.get(arn) ?? null,
    targets: targets[index] ?? [],
  }));
}

/** One group. @throws ConfigInvalidError when it is not there. */
export async function readTargetGroup(elb: LoadBalancingApi, arn: string): Promise<TargetGroup> {
  const [group] = await readTargetGroups(elb, [{ arn }]);
  return group ?? throwMissing(arn);
}

/** How a group is set up: its health checks and attributes, without what differs with every group. */
export async function readTargetGroupFacts(
  elb: LoadBalancingApi,
  arn: string,
): Promise<JsonObject> {
  const arns = [arn];
  const [found, attributes] = await Promise.all([
    ask(
      elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: arns })),
      'DescribeTargetGroups',
      arns,
    ),
    ask(
      elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn })),
      'DescribeTargetGroupAttributes',
      arns,
    ),
  ]);
  const pairs = (attributes.Attributes ?? []).map(({ Key = '', Value = null }) => [Key, Value]);
  return {
    ...groupFacts(found.TargetGroups?.[0] ?? {}),
    attributes: Object.fromEntries(pairs),
  };
}

function groupFacts(found: FoundTargetGroup): JsonObject {
  return {
    protocol: found.Protocol ?? null,
    protocolVersion: found.ProtocolVersion ?? null,
    port: found.Port ?? null,
    targetType: found.TargetType ?? null,
    ipAddressType: found.IpAddressType ?? null,
    vpc: found.VpcId ?? null,
    healthCheck: {
      isEnabled: found.HealthCheckEnabled ?? null,
      protocol: found.HealthCheckProtocol ?? null,
      port: found.HealthCheckPort ?? null,
      path: found.HealthCheckPath ?? null,
      intervalSeconds: found.HealthCheckIntervalSeconds ?? null,
      timeoutSeconds: found.HealthCheckTimeoutSeconds ?? null,
      healthyThreshold: found.HealthyThresholdCount ?? null,
      unhealthyThreshold: found.UnhealthyThresholdCount ?? null,
      codes: found.Matcher?.HttpCode ?? found.Matcher?.GrpcCode ?? null,
    },
  };
}

async function readAttached(elb: LoadBalancingApi, arns: readonly string[]): Promise<Set<string>> {
  const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [...arns] });
  const { TargetGroups = [] } = await ask(elb.send(command), 'DescribeTargetGroups', arns);
  const used = TargetGroups.filter(({ LoadBalancerArns = [] }) => LoadBalancerArns.length > 0);
  return new Set(used.map(({ TargetGroupArn = '' }) => TargetGroupArn));
}

async function readOwners(
  elb: LoadBalancingApi,
  arns: readonly string[],
): Promise<Map<string, string>> {
  const command = new DescribeTagsCommand({ ResourceArns: [...arns] });
  const { TagDescriptions = [] } = await ask(elb.send(command), 'DescribeTags', arns);
  return new Map(
    TagDescriptions.flatMap(({ ResourceArn = '', Tags = [] }) => {
      const owner = Tags.find(({ Key }) => Key === environmentTag)?.Value;
      return owner ? [[ResourceArn, owner]] : [];
    }),
  );
}

/** Every target; those that are draining are among them (API_DescribeTargetHealth). */
async function readTargets(elb: LoadBalancingApi, arn: string): Promise<Target[]> {
  const command = new DescribeTargetHealthCommand({ TargetGroupArn: arn });
  const { TargetHealthDescriptions = [] } = await ask(elb.send(command), 'DescribeTargetHealth', [
    arn,
  ]);
  return TargetHealthDescriptions.map(toTarget);
}

function toTarget({ Target: target, TargetHealth: health }: TargetHealthDescription): Target {
  const port = target?.Port === undefined ? '' : `:${target.Port}`;
  return {
    id: `${target?.Id ?? '?'}${port}`,
    state: health?.State ?? 'initial',
    reason: health?.Reason ?? '',
    description: health?.Description ?? '',
  };
}

async function ask<T>(sending: Promise<T>, operation: string, arns: readonly string[]): Promise<T> {
  const names = arns.map(targetGroupName).join(', ');
  try {
    return await sending;
  } catch (error) {
    if (isCalled(error, 'TargetGroupNotFoundException', 'TargetGroupNotFound')) throwMissing(names);
    return orOurs(Promise.reject(error), callOn(operation, `target group ${names}`));
  }
}

function throwMissing(names: string): never {
  throw new VerdigrisError(
    'ConfigInvalidError',
    `a target group of ${names} is not in this account and region; create it, or correct environment.targetGroups in the manifest`,
  );
}

/** Gives the group the environment's name, by which routers call that side. Replaces any other. */
export async function claimTargetGroup(
  elb: LoadBalancingApi,
  arn: string,
  environmentId: string,
  service: string,
): Promise<void> {
  const Tags = [
    { Key: environmentTag, Value: environmentId },
    { Key: serviceTag, Value: service },
  ];
  await ask(elb.send(new AddTagsCommand({ ResourceArns: [arn], Tags })), 'AddTags', [arn]);
}

/**
 * Gives groups without a name the one by which routers call them already, their own: what has such a tag,
 * environments use in turn, and a router leaves it in its action when what was in it before is retired.
 */
export async function nameTargetGroups(
  elb: LoadBalancingApi,
  groups: readonly TargetGroup[],
  service: string,
): Promise<void> {
  for (const { arn, name, environmentId } of groups)
    if (environmentId === null) await claimTargetGroup(elb, arn, name, service);
}

/** Takes the environment's name from every group that bears it. */
export async function disclaimTargetGroups(
  elb: LoadBalancingApi,
  groups: TargetGroups,
  environmentId: string,
): Promise<void> {
  const arns = groups.map(({ arn }) => arn);
  const owners = await readOwners(elb, arns);
  const own = arns.filter((arn) => owners.get(arn) === environmentId);
  if (own.length === 0) return;
  const TagKeys = [environmentTag, serviceTag];
  await ask(elb.send(new RemoveTagsCommand({ ResourceArns: own, TagKeys })), 'RemoveTags', own);
}

/** Whether targets of a group are still finishing what they were sent; false for no group. */
export async function hasDrainingTargets(
  elb: LoadBalancingApi,
  arn: string | null,
): Promise<boolean> {
  if (arn === null) return false;
  const targets = await readTargets(elb, arn);
  return targets.some(({ state }) => state === 'draining');
}
