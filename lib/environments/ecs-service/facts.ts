import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import type { JsonObject } from '../../release/json.ts';
import type { EcsService } from './cluster.ts';
import { primaryOf } from './settings.ts';

/** What parity checks compare. Of variables and secrets only the names: values may be secret. */
export function factsOf(found: EcsService, definition: TaskDefinition | null): JsonObject {
  return {
    desiredCount: found.desiredCount ?? null,
    runningCount: found.runningCount ?? null,
    launchType: found.launchType ?? null,
    capacityProviders: (found.capacityProviderStrategy ?? []).flatMap(
      ({ capacityProvider }) => capacityProvider ?? [],
    ),
    platformVersion: found.platformVersion ?? null,
    subnets: found.networkConfiguration?.awsvpcConfiguration?.subnets?.toSorted() ?? [],
    securityGroups:
      found.networkConfiguration?.awsvpcConfiguration?.securityGroups?.toSorted() ?? [],
    rolloutState: primaryOf(found)?.rolloutState ?? null,
    ...(definition && definitionFacts(definition)),
  };
}

function definitionFacts(definition: TaskDefinition): JsonObject {
  return {
    cpu: definition.cpu ?? null,
    memoryMb: definition.memory ?? null,
    networkMode: definition.networkMode ?? null,
    taskRole: definition.taskRoleArn ?? null,
    executionRole: definition.executionRoleArn ?? null,
    containers: Object.fromEntries(
      (definition.containerDefinitions ?? []).map((one) => [one.name ?? '', containerFacts(one)]),
    ),
  };
}

function containerFacts(one: ContainerDefinition): JsonObject {
  const names = (entries: { name?: string | undefined }[] = []) =>
    entries.flatMap(({ name }) => name ?? []).sort();
  return {
    image: one.image ?? null,
    cpu: one.cpu ?? null,
    memoryMb: one.memory ?? null,
    memoryReservationMb: one.memoryReservation ?? null,
    ports: (one.portMappings ?? []).flatMap(({ containerPort }) => containerPort ?? []),
    variables: names(one.environment),
    secrets: names(one.secrets),
  };
}
