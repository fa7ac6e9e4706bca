import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import { isCopiedTag } from '../../aws/environment-tags.ts';
import { secretReferencesIn } from '../../aws/secret-references.ts';
import type { JsonObject } from '../../release/json.ts';
import type { EcsService } from './cluster.ts';
import { primaryOf } from './settings.ts';
import type { Revision } from './task-definition.ts';

/** Which image, what Verdigris sets, and how many tasks there are: a release grows before it is live. */
const ownFacts = [
  'desiredCount',
  'runningCount',
  'rolloutState',
  'containers.*.image',
  'containers.*.variables.VERDIGRIS_*',
];

/**
 * What parity checks compare. Of variables only the names: values may be secret. Of secrets also where
 * they are.
 * @param targetGroup Facts of the one in which it is; null for none.
 */
export function factsOf(
  found: EcsService,
  revision: Revision | null,
  targetGroup: JsonObject | null,
): JsonObject {
  return {
    launchType: found.launchType ?? null,
    capacityProviders: (found.capacityProviderStrategy ?? []).flatMap(
      ({ capacityProvider }) => capacityProvider ?? [],
    ),
    platformVersion: found.platformVersion ?? null,
    ...networkFacts(found),
    ...rolloutFacts(found),
    tags: tagFacts(found.tags),
    targetGroup,
    ...(revision && definitionFacts(revision.definition)),
    ownFacts,
  };
}

function networkFacts({ networkConfiguration }: EcsService): JsonObject {
  const { subnets, securityGroups, assignPublicIp } =
    networkConfiguration?.awsvpcConfiguration ?? {};
  return {
    subnets: subnets?.toSorted() ?? [],
    securityGroups: securityGroups?.toSorted() ?? [],
    assignsPublicIp: assignPublicIp === undefined ? null : assignPublicIp === 'ENABLED',
  };
}

function rolloutFacts(found: EcsService): JsonObject {
  const { deploymentConfiguration: rollout } = found;
  return {
    desiredCount: found.desiredCount ?? null,
    runningCount: found.runningCount ?? null,
    rolloutState: primaryOf(found)?.rolloutState ?? null,
    minimumHealthyPercent: rollout?.minimumHealthyPercent ?? null,
    maximumPercent: rollout?.maximumPercent ?? null,
    healthCheckGracePeriodSeconds: found.healthCheckGracePeriodSeconds ?? null,
    hasExecuteCommand: found.enableExecuteCommand ?? false,
  };
}

function tagFacts(tags: EcsService['tags']): JsonObject {
  const copied = (tags ?? []).filter(({ key }) => isCopiedTag(key));
  return Object.fromEntries(copied.map(({ key = '', value = '' }) => [key, value]));
}

function definitionFacts(definition: TaskDefinition): JsonObject {
  const { runtimePlatform } = definition;
  return {
    cpu: definition.cpu ?? null,
    memoryMb: definition.memory ?? null,
    ephemeralStorageGb: definition.ephemeralStorage?.sizeInGiB ?? null,
    architecture: runtimePlatform?.cpuArchitecture ?? null,
    operatingSystem: runtimePlatform?.operatingSystemFamily ?? null,
    networkMode: definition.networkMode ?? null,
    taskRole: definition.taskRoleArn ?? null,
    executionRole: definition.executionRoleArn ?? null,
    volumes: (definition.volumes ?? []).flatMap(({ name }) => name ?? []),
    containers: Object.fromEntries(
      (definition.containerDefinitions ?? []).map((one) => [one.name ?? '', containerFacts(one)]),
    ),
  };
}

function containerFacts(one: ContainerDefinition): JsonObject {
  const variables = Object.fromEntries(
    (one.environment ?? []).flatMap(({ name, value }) => (name ? [[name, value ?? '']] : [])),
  );
  return {
    image: one.image ?? null,
    cpu: one.cpu ?? null,
    memoryMb: one.memory ?? null,
    memoryReservationMb: one.memoryReservation ?? null,
    ports: (one.portMappings ?? []).flatMap(({ containerPort }) => containerPort ?? []),
    isPrivileged: one.privileged ?? false,
    hasReadonlyRoot: one.readonlyRootFilesystem ?? false,
    user: one.user || null,
    stopTimeoutSeconds: one.stopTimeout ?? null,
    variables: Object.keys(variables).sort(),
    emptyVariables: Object.keys(variables).filter((name) => variables[name] === ''),
    secretReferences: secretReferencesIn(variables),
    secrets: Object.fromEntries(
      (one.secrets ?? []).flatMap(({ name, valueFrom }) => (name ? [[name, valueFrom ?? '']] : [])),
    ),
    ...logFacts(one),
  };
}

function logFacts({ logConfiguration: log }: ContainerDefinition): JsonObject {
  return { logDriver: log?.logDriver ?? null, logGroup: log?.options?.['awslogs-group'] ?? null };
}
