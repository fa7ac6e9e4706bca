import type {
  CreateAutoScalingGroupCommandInput,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import { VerdigrisError } from '../../release/errors.ts';
import type { Group, Sizes } from './groups.ts';
import type { TemplateVersion } from './launch-template.ts';

/**
 * What a new group takes over from another one. Left out is whatever would send it traffic by another
 * way than its one target group, and protection from scale-in, which would keep it from being retired.
 */
export function settingsOf(model: Group): Partial<CreateAutoScalingGroupCommandInput> {
  return {
    ...placeOf(model),
    DefaultCooldown: model.DefaultCooldown,
    PlacementGroup: model.PlacementGroup,
    TerminationPolicies: model.TerminationPolicies,
    CapacityRebalance: model.CapacityRebalance,
    ServiceLinkedRoleARN: model.ServiceLinkedRoleARN || undefined,
    MaxInstanceLifetime: model.MaxInstanceLifetime || undefined,
    Context: model.Context,
    DesiredCapacityType: model.DesiredCapacityType,
    DefaultInstanceWarmup: model.DefaultInstanceWarmup,
    InstanceMaintenancePolicy: model.InstanceMaintenancePolicy,
    AvailabilityZoneDistribution: model.AvailabilityZoneDistribution,
    AvailabilityZoneImpairmentPolicy: model.AvailabilityZoneImpairmentPolicy,
    CapacityReservationSpecification: model.CapacityReservationSpecification,
  };
}

/** Subnets say the zones; both together have to agree (API_CreateAutoScalingGroup). */
function placeOf({ VPCZoneIdentifier, AvailabilityZones }: Group) {
  return VPCZoneIdentifier ? { VPCZoneIdentifier } : { AvailabilityZones };
}

/**
 * What a new group launches from, mixed as the copied one is.
 * @throws ConfigInvalidError when its instance types have templates of their own, whose image a release
 * would not change.
 */
export function launchFrom(
  { MixedInstancesPolicy: mixed, AutoScalingGroupName: name }: Group,
  { templateId, version }: TemplateVersion,
): Partial<CreateAutoScalingGroupCommandInput> {
  const LaunchTemplateSpecification = { LaunchTemplateId: templateId, Version: version };
  if (!mixed) return { LaunchTemplate: LaunchTemplateSpecification };
  throwIfOtherTemplates(mixed, name);
  const LaunchTemplate = { ...mixed.LaunchTemplate, LaunchTemplateSpecification };
  return { MixedInstancesPolicy: { ...mixed, LaunchTemplate } };
}

function throwIfOtherTemplates({ LaunchTemplate }: MixedInstancesPolicy, name: string): void {
  const others = (LaunchTemplate?.Overrides ?? []).filter((one) => one.LaunchTemplateSpecification);
  if (others.length === 0) return;
  const types = others.map(({ InstanceType }) => InstanceType ?? '?').join(', ');
  throw new VerdigrisError(
    'ConfigInvalidError',
    `Auto Scaling group ${name} launches ${types} from templates of their own, whose image a release would not change; leave one template for all`,
  );
}

/** Sizes with so much capacity, within the copied bounds as far as they allow it. */
export function sizesFor({ MinSize = 0, MaxSize = 0 }: Partial<Group>, capacity: number): Sizes {
  return {
    MinSize: Math.min(MinSize, capacity),
    MaxSize: Math.max(MaxSize, capacity),
    DesiredCapacity: capacity,
  };
}
