import type { CreateServiceCommandInput, Deployment } from '@aws-sdk/client-ecs';
import type { EcsService } from './cluster.ts';

/** The deployment that counts; others are on their way out. */
export function primaryOf({ deployments = [] }: EcsService): Deployment | null {
  return deployments.find(({ status }) => status === 'PRIMARY') ?? null;
}

/**
 * What a new service takes over from another one. Left out is whatever would send it traffic by another
 * way than its one target group: Cloud Map registries, names in Service Connect, VPC Lattice, further
 * target groups.
 */
export function settingsOf(model: EcsService): Omit<CreateServiceCommandInput, 'serviceName'> {
  const { deploymentConfiguration: rollout } = model;
  return {
    ...capacityOf(model),
    platformVersion: model.platformVersion,
    networkConfiguration: model.networkConfiguration,
    placementConstraints: model.placementConstraints,
    placementStrategy: model.placementStrategy,
    availabilityZoneRebalancing: model.availabilityZoneRebalancing,
    enableExecuteCommand: model.enableExecuteCommand,
    enableECSManagedTags: model.enableECSManagedTags,
    propagateTags: model.propagateTags,
    deploymentConfiguration: {
      maximumPercent: rollout?.maximumPercent,
      minimumHealthyPercent: rollout?.minimumHealthyPercent,
      // There is nothing in a new service to roll back to; a release that fails is discarded.
      deploymentCircuitBreaker: { enable: true, rollback: false },
    },
    ...deploymentSettingsOf(primaryOf(model)),
  };
}

/** "A service can use either a launch type or a capacity provider strategy" (API_CreateService). */
function capacityOf({ capacityProviderStrategy = [], launchType }: EcsService) {
  return capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : { launchType };
}

/** What DescribeServices tells of the deployment only. */
function deploymentSettingsOf(primary: Deployment | null) {
  const { serviceConnectConfiguration: connect, volumeConfigurations } = primary ?? {};
  return {
    ...(volumeConfigurations && { volumeConfigurations }),
    // As a client only: a name would make it share blue's traffic at once.
    ...(connect?.enabled && { serviceConnectConfiguration: { ...connect, services: [] } }),
  };
}
