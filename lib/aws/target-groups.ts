import {
  AddTagsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  RemoveTagsCommand,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { z } from 'zod';
import { VerdigrisError } from '../release/errors.ts';
import { environmentTag, serviceTag } from './environment-tags.ts';
import { orOurs } from './provider-errors.ts';
import { isCalled } from './sdk-errors.ts';

/** The one call of the SDK's client. */
export type LoadBalancingApi = Pick<ElasticLoadBalancingV2Client, 'send'>;

const targetGroupArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/[A-Za-z0-9-]{1,32}\/[A-Za-z0-9-]+$/,
    'needs the ARN of a target group, arn:aws:elasticloadbalancing:…:targetgroup/NAME/ID',
  );

/** The manifest's part: the groups between which releases alternate. */
export const targetGroupsSchema = z
  .array(
    z.strictObject({
      arn: targetGroupArn.describe('The target group'),
      address: z
        .url({ protocol: /^https?$/, error: 'needs a URL, such as https://green.shop.example' })
        .optional()
        .describe('Where checks reach what is in this group, such as a test listener for it alone'),
    }),
  )
  .min(2, 'needs at least two target groups: one that is live, and one for green')
  .max(5)
  .refine((groups) => new Set(groups.map(({ arn }) => arn)).size === groups.length, {
    error: 'names a target group twice',
  });

/** The groups of a manifest. */
export type TargetGroups = z.output<typeof targetGroupsSchema>;

/** One target, as its group's health checks see it. */
export interface Target {
  /** `10.0.0.7:8080`, `i-0abc:80`. */
  id: string;
  /** API_TargetHealth: initial, healthy, unhealthy, unused, draining, unavailable. */
  state: string;
  reason: string;
  description: string;
}

/** A target group as it is now. */
export interface TargetGroup {
  arn: string;
  name: string;
  /** A listener or rule of a load balancer names it. */
  isAttached: boolean;
  /** The environment whose name it bears; null where it bears none. */
  environmentId: string | null;
  targets: Target[];
}

const callOn = (operation: string, of: string) => ({
  provider: 'Elastic Load Balancing',
  action: `elasticloadbalancing:${operation}`,
  of,
});

/** A group's name, which is in its ARN; the name of a side whose group has no tag. */
export function targetGroupName(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

/**
 * These groups in this order.
 * @throws ConfigInvalidError when one of them is not there.
 */
export async function readTargetGroups(
  elb: LoadBalancingApi,
  arns: readonly string[],
): Promise<TargetGroup[]> {
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
  const [group] = await readTargetGroups(elb, [arn]);
  return group ?? throwMissing(arn);
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

/**
 * The group for an environment: the one that it has already, else the first that is free: no targets,
 * none of `users` is attached to it. Pure, so that two calls at once choose the same one.
 * @param users Who is attached to a group, by its ARN.
 * @throws ProvisionFailedError that says who has which, and what to do.
 */
export function chooseTargetGroup(
  groups: readonly TargetGroup[],
  environmentId: string,
  users: ReadonlyMap<string, readonly string[]>,
): TargetGroup {
  const own = groups.find((group) => group.environmentId === environmentId);
  const free = groups.find((group) => useOf(group, users) === null);
  const chosen = own ?? free;
  if (chosen) return chosen;
  const uses = groups.map((group) => `${group.name} (${useOf(group, users)})`);
  throw new VerdigrisError(
    'ProvisionFailedError',
    `no target group is free for ${environmentId}: ${uses.join(', ')}. Wait until the old environment is retired or retire it now, shorten \`retain\`, or add a target group to environment.targetGroups`,
  );
}

function useOf(
  { arn, targets }: TargetGroup,
  users: ReadonlyMap<string, readonly string[]>,
): string | null {
  const names = users.get(arn) ?? [];
  if (names.length > 0) return `used by ${names.join(', ')}`;
  return targets.length > 0 ? `has ${targets.length} targets that something else registered` : null;
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

/** Takes the environment's name from every group that bears it. */
export async function disclaimTargetGroups(
  elb: LoadBalancingApi,
  arns: readonly string[],
  environmentId: string,
): Promise<void> {
  const owners = await readOwners(elb, arns);
  const own = arns.filter((arn) => owners.get(arn) === environmentId);
  if (own.length === 0) return;
  const TagKeys = [environmentTag, serviceTag];
  await ask(elb.send(new RemoveTagsCommand({ ResourceArns: own, TagKeys })), 'RemoveTags', own);
}

/** Whether targets of a group are still finishing what they were sent. */
export function isDraining({ targets }: TargetGroup): boolean {
  return targets.some(({ state }) => state === 'draining');
}

/**
 * What keeps a group from having so many healthy targets, in one line; null when nothing does. A
 * group on no load balancer is never checked: its targets are `unused`, and count.
 */
export function unhealthiness(group: TargetGroup, wanted: number): string | null {
  const present = group.targets.filter(({ state }) => state !== 'draining');
  const healthy = present.filter((target) => isFine(target, group));
  if (healthy.length >= wanted) return null;
  const others = present.filter((target) => !isFine(target, group)).slice(0, 3);
  const details = others.map(
    ({ id, state, reason, description }) =>
      `${id} is ${[state, reason, description && `(${description})`].filter(Boolean).join(' ')}`,
  );
  return [`${healthy.length} of ${wanted} targets in ${group.name} are healthy`, ...details].join(
    '; ',
  );
}

function isFine({ state, reason }: Target, { isAttached }: TargetGroup): boolean {
  if (state === 'healthy') return true;
  if (state === 'unavailable') return reason === 'Target.HealthCheckDisabled';
  return state === 'unused' && reason === 'Target.NotInUse' && !isAttached;
}
