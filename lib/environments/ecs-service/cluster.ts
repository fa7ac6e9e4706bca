import {
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServicesCommand,
  type ECSClient,
  ListServicesCommand,
  type Service,
  type Tag,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  type EnvironmentMarks,
  isCopiedTag,
  releaseTag,
  retiredTag,
  tagsOf,
} from '../../aws/environment-tags.ts';
import { asProviderError, orNull, type ProviderCall } from '../../aws/provider-errors.ts';
import { isCalled } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** The one call of the SDK's client. */
export type EcsApi = Pick<ECSClient, 'send'>;

/** One cluster and how it is reached. */
export interface Cluster {
  ecs: EcsApi;
  cluster: string;
}

/** A service that is there: `DRAINING` ones are on their way out. */
export type EcsService = Service & { serviceName: string; status: string };

/** What DescribeServices takes at once (API_DescribeServices). */
const describedAtOnce = 10;

/** What an operation of ECS is done to, for messages. */
export function ecsCall(operation: string, of: string): ProviderCall {
  return { provider: 'ECS', action: `ecs:${operation}`, of };
}

/** The answer; errors as errors of ours, a missing cluster named as such. */
export async function askEcs<T>(sending: Promise<T>, operation: string, of: string): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    if (!isCalled(error, 'ClusterNotFoundException'))
      throw asProviderError(error, ecsCall(operation, of));
    throw new VerdigrisError(
      'ConfigInvalidError',
      `there is no such ECS cluster in this account and region (${operation} of ${of}: ${messageOf(error)}); correct environment.cluster in the manifest`,
      { cause: error },
    );
  }
}

/**
 * Those of these services that are there, `INACTIVE` ones left out, in no particular order; none where
 * the cluster itself is missing.
 */
export async function describeServices(
  { ecs, cluster }: Cluster,
  names: readonly string[],
): Promise<EcsService[]> {
  const found: EcsService[] = [];
  for (let from = 0; from < names.length; from += describedAtOnce) {
    const services = names.slice(from, from + describedAtOnce);
    const command = new DescribeServicesCommand({ cluster, services, include: ['TAGS'] });
    const of = `${services.join(', ')} in cluster ${cluster}`;
    const call = ecsCall('DescribeServices', of);
    const answer = await orNull(ecs.send(command), call, 'ClusterNotFoundException');
    found.push(...(answer?.services ?? []).filter(isThere));
  }
  return found;
}

function isThere(service: Service): service is EcsService {
  return Boolean(service.serviceName) && ['ACTIVE', 'DRAINING'].includes(service.status ?? '');
}

/** The service with this name, or null when there is none or only its memory is left. */
export async function findService(at: Cluster, name: string): Promise<EcsService | null> {
  if (!isServiceName(name)) return null;
  const [found] = await describeServices(at, [name]);
  return found ?? null;
}

/** The same, but none that is on its way out. */
export async function findActive(at: Cluster, name: string): Promise<EcsService | null> {
  const found = await findService(at, name);
  return found?.status === 'ACTIVE' ? found : null;
}

function isServiceName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(name);
}

/** Names of the active services in the cluster: ListServices leaves others out. */
export async function listServiceNames({ ecs, cluster }: Cluster): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const command = new ListServicesCommand({ cluster, maxResults: 100, nextToken });
    const answer = await askEcs(ecs.send(command), 'ListServices', `cluster ${cluster}`);
    names.push(...(answer.serviceArns ?? []).map((arn) => arn.split('/').pop() ?? arn));
    nextToken = answer.nextToken;
  } while (nextToken);
  return names;
}

/**
 * Makes a service. False when one of that name is there already but was not to be seen yet, or one is
 * still on its way out: look again.
 */
export async function createService(
  { ecs }: Cluster,
  input: CreateServiceCommandInput,
): Promise<boolean> {
  try {
    await ecs.send(new CreateServiceCommand(input));
    return true;
  } catch (error) {
    const isOther = /not idempotent|still draining/i.test(messageOf(error));
    if (isCalled(error, 'InvalidParameterException', 'ClientException') && isOther) return false;
    const of = `service ${input.serviceName} in cluster ${input.cluster}`;
    return askEcs(Promise.reject(error), 'CreateService', of);
  }
}

/** Sets how many tasks a service keeps. Returns it as it is then; null when it is gone. */
export async function setDesiredCount(
  { ecs, cluster }: Cluster,
  name: string,
  desiredCount: number,
): Promise<EcsService | null> {
  const command = new UpdateServiceCommand({ cluster, service: name, desiredCount });
  const answer = await orGone(ecs.send(command), 'UpdateService', name);
  const service = answer?.service;
  return service && isThere(service) ? service : null;
}

/** Deletes a service without tasks. */
export async function deleteService({ ecs, cluster }: Cluster, name: string): Promise<void> {
  const command = new DeleteServiceCommand({ cluster, service: name });
  await orGone(ecs.send(command), 'DeleteService', name);
}

async function orGone<T>(sending: Promise<T>, operation: string, name: string): Promise<T | null> {
  try {
    return await sending;
  } catch (error) {
    if (isCalled(error, 'ServiceNotFoundException', 'ServiceNotActiveException')) return null;
    return askEcs(Promise.reject(error), operation, `service ${name}`);
  }
}

/** Notes on a service that it was retired, so that its target group counts as free. */
export async function markRetired({ ecs }: Cluster, service: EcsService): Promise<void> {
  const tags = [{ key: retiredTag, value: 'true' }];
  const command = new TagResourceCommand({ resourceArn: service.serviceArn, tags });
  await askEcs(ecs.send(command), 'TagResource', `service ${service.serviceName}`);
}

/** The value of a tag of ECS; null where there is none. */
export function tagOf({ tags = [] }: Pick<Service, 'tags'>, key: string): string | null {
  return tags.find((tag) => tag.key === key)?.value ?? null;
}

/** The release for which a service was made; null for one that something else made. */
export function releaseOf(service: EcsService): string | null {
  return tagOf(service, releaseTag);
}

/** A retired one that was left where it is. */
export function isRetired(service: EcsService): boolean {
  return service.desiredCount === 0 && tagOf(service, retiredTag) !== null;
}

/** The tags of what is made for a release, besides those of what it is copied from. */
export function withMarks(copied: Service['tags'], marks: EnvironmentMarks): Tag[] {
  const own = Object.entries(tagsOf(marks)).map(([key, value]) => ({ key, value }));
  return [...(copied ?? []).filter(({ key }) => isCopiedTag(key)), ...own];
}
