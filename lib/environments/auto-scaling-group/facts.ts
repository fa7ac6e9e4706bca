import type { LaunchTemplateOverrides } from '@aws-sdk/client-auto-scaling';
import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { isCopiedTag } from '../../aws/environment-tags.ts';
import type { JsonObject } from '../../release/json.ts';
import { specificationOf } from './fleet.ts';
import type { Group } from './groups.ts';

/** Which image, and how many instances run and of which types: a release grows before it is live. */
const ownFacts = [
  'desiredCapacity',
  'instances',
  'instanceTypes',
  'launchTemplateVersion',
  'launch.image',
];

/**
 * What parity checks compare. User data is left out: it may hold secrets.
 * @param launch What its template says; null for none. @param targetGroup Facts of the one in which it
 * is; null for none.
 */
export function factsOf(
  found: Group,
  launch: ResponseLaunchTemplateData | null,
  targetGroup: JsonObject | null,
): JsonObject {
  const { LaunchTemplateId, LaunchTemplateName, Version } = specificationOf(found) ?? {};
  return {
    ...sizeFacts(found),
    launchTemplate: LaunchTemplateId ?? LaunchTemplateName ?? null,
    launchTemplateVersion: Version ?? null,
    subnets: (found.VPCZoneIdentifier ?? '').split(',').filter(Boolean).sort(),
    zones: found.AvailabilityZones?.toSorted() ?? [],
    healthCheckType: found.HealthCheckType ?? null,
    healthCheckGracePeriodSeconds: found.HealthCheckGracePeriod ?? null,
    cooldownSeconds: found.DefaultCooldown ?? null,
    warmupSeconds: found.DefaultInstanceWarmup ?? null,
    maxLifetimeSeconds: found.MaxInstanceLifetime || null,
    terminationPolicies: found.TerminationPolicies ?? [],
    tags: tagFacts(found),
    launch: launch && launchFacts(launch),
    targetGroup,
    ownFacts,
  };
}

function sizeFacts(found: Group): JsonObject {
  const { MixedInstancesPolicy: mixed, Instances: instances = [] } = found;
  const overrides = mixed?.LaunchTemplate?.Overrides ?? [];
  return {
    desiredCapacity: found.DesiredCapacity ?? null,
    minSize: found.MinSize ?? null,
    maxSize: found.MaxSize ?? null,
    instances: instances.length,
    instanceTypes: [...new Set(instances.flatMap(({ InstanceType }) => InstanceType ?? []))].sort(),
    isMixed: Boolean(mixed),
    mixedInstanceTypes: overrides.flatMap(typeOf).sort(),
  };
}

function typeOf({ InstanceType, WeightedCapacity }: LaunchTemplateOverrides): string[] {
  if (!InstanceType) return [];
  return [WeightedCapacity ? `${InstanceType} × ${WeightedCapacity}` : InstanceType];
}

function tagFacts({ Tags = [] }: Group): JsonObject {
  const copied = Tags.filter(({ Key }) => isCopiedTag(Key));
  return Object.fromEntries(copied.map(({ Key = '', Value = '' }) => [Key, Value]));
}

function launchFacts(launch: ResponseLaunchTemplateData): JsonObject {
  const { IamInstanceProfile: profile, MetadataOptions: metadata } = launch;
  return {
    image: launch.ImageId ?? null,
    instanceType: launch.InstanceType ?? null,
    instanceProfile: profile?.Arn ?? profile?.Name ?? null,
    key: launch.KeyName ?? null,
    isEbsOptimized: launch.EbsOptimized ?? false,
    hasDetailedMonitoring: launch.Monitoring?.Enabled ?? false,
    metadataTokens: metadata?.HttpTokens ?? null,
    ...networkFacts(launch),
    volumes: (launch.BlockDeviceMappings ?? []).map(({ DeviceName = '', Ebs }) =>
      [DeviceName, Ebs?.VolumeType, Ebs?.VolumeSize && `${Ebs.VolumeSize} GiB`]
        .filter(Boolean)
        .join(' '),
    ),
  };
}

function networkFacts(launch: ResponseLaunchTemplateData): JsonObject {
  const interfaces = launch.NetworkInterfaces ?? [];
  const groups = interfaces.flatMap(({ Groups }) => Groups ?? []);
  const named = [...(launch.SecurityGroupIds ?? []), ...(launch.SecurityGroups ?? []), ...groups];
  const said = interfaces.flatMap(({ AssociatePublicIpAddress: its }) => its ?? []);
  return {
    securityGroups: [...new Set(named)].sort(),
    assignsPublicIp: said.length > 0 ? said.includes(true) : null,
  };
}
