import {
  AddTagsCommand,
  DescribeTagsCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { environmentTag, releaseTag } from '../../aws/environment-tags.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { BareGroup, Group } from './actions.ts';
import { toOurs } from './errors.ts';
import { candidateTag } from './stickiness.ts';

/** The one call of the SDK's client. */
export type LoadBalancersApi = Pick<ElasticLoadBalancingV2Client, 'send'>;

/** Tags of one target group. */
export type Tags = Readonly<Record<string, string>>;

/** Its own name, which is unique within the region and the account: `…:targetgroup/NAME/ID`. */
export function nameOf(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

/**
 * Tags of up to twenty target groups, by ARN.
 * @throws RouteUnreadyError when one does not exist, and what `toOurs` makes of the rest.
 */
export async function readTags(
  api: LoadBalancersApi,
  arns: readonly string[],
): Promise<Map<string, Tags>> {
  if (arns.length === 0) return new Map();
  try {
    const command = new DescribeTagsCommand({ ResourceArns: [...arns] });
    const { TagDescriptions = [] } = await api.send(command);
    return new Map(
      TagDescriptions.map(({ ResourceArn = '', Tags: tags = [] }) => [
        ResourceArn,
        Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
      ]),
    );
  } catch (error) {
    throw toOurs(error, 'DescribeTags', arns.map(nameOf).join(', '));
  }
}

/** Writes one tag. A repetition replaces its value. */
export async function writeTag(
  api: LoadBalancersApi,
  arn: string,
  { key, value }: { key: string; value: string },
  abortSignal: AbortSignal,
): Promise<void> {
  const input = { ResourceArns: [arn], Tags: [{ Key: key, Value: value }] };
  try {
    await api.send(new AddTagsCommand(input), { abortSignal });
  } catch (error) {
    throw toOurs(error, 'AddTags', nameOf(arn));
  }
}

/** A target group with what its tags say of it. */
export function toGroup({ arn, weight }: BareGroup, tags: Tags = {}): Group {
  const environment = tags[environmentTag];
  const releaseId = tags[releaseTag];
  return {
    arn,
    weight,
    id: environment || nameOf(arn),
    releaseId,
    candidate: tags[candidateTag],
    isReused: Boolean(environment) && !releaseId,
  };
}

/** The target group of an environment: where it says so itself, else the one of the action. */
export function arnOf(
  { id, attributes }: EnvironmentRef,
  groups: readonly Group[],
): string | undefined {
  return attributes.targetGroupArn || groups.find((group) => group.id === id)?.arn;
}

/**
 * The target groups of environments, in their order; those that are not in the action have no weight.
 * @throws RouteUnreadyError when there is none, or it goes by another name than its environment:
 * whoever reads the route could not tell whose traffic that is.
 */
export async function locate(
  api: LoadBalancersApi,
  environments: readonly EnvironmentRef[],
  groups: readonly Group[],
): Promise<Group[]> {
  const arns = environments.map((environment) => {
    const arn = arnOf(environment, groups);
    if (arn) return arn;
    throw unready(
      `${environment.id} has no target group in the action, and its environment does not say which is its own (attributes.targetGroupArn)`,
    );
  });
  const known = new Map(groups.map((group) => [group.arn, group]));
  const strange = arns.filter((arn) => !known.has(arn));
  const tags = await readTags(api, strange);
  for (const arn of strange) known.set(arn, toGroup({ arn, weight: 0 }, tags.get(arn)));
  return environments.map(({ id }, index) => {
    const group = known.get(arns[index] ?? '') as Group;
    if (group.id === id) return group;
    throw unready(
      `target group ${nameOf(group.arn)} goes by "${group.id}" and not by "${id}", the id of its environment; tag it ${environmentTag}=${id}`,
    );
  });
}

function unready(message: string): VerdigrisError {
  return new VerdigrisError('RouteUnreadyError', message);
}
