import { z } from 'zod';
import { environmentName } from '../aws/environment-name.ts';
import { capacitySchema } from '../aws/green-capacity.ts';
import { targetGroupsSchema } from '../aws/target-group-choice.ts';
import type { LoadBalancingApi } from '../aws/target-groups.ts';
import type { Clock } from '../release/clock.ts';
import type { EnvironmentRef } from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig, JsonObject } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import { atMost } from '../release/quantities.ts';
import {
  type Fleet,
  groupNameOf,
  listMade,
  lookup,
  sourceOf,
  specificationOf,
  toRef,
} from './auto-scaling-group/fleet.ts';
import {
  type AutoScalingApi,
  findActiveGroup,
  findGroup,
  type Group,
  releaseOf,
  resizeGroup,
} from './auto-scaling-group/groups.ts';
import { findMadeVersion, resolveVersion } from './auto-scaling-group/launch-template.ts';
import { ensureLiveCapacity } from './auto-scaling-group/live-capacity.ts';
import type { Ec2Api } from './auto-scaling-group/machine-image.ts';
import { provisionGroup } from './auto-scaling-group/provision.ts';
import { retireGroup } from './auto-scaling-group/retire.ts';
import { sizesFor } from './auto-scaling-group/settings.ts';
import { statusOf } from './auto-scaling-group/status.ts';
import type { Environment } from './environment.ts';
import type { EnvironmentKind } from './index.ts';

export type { AutoScalingApi } from './auto-scaling-group/groups.ts';
export type { Ec2Api } from './auto-scaling-group/machine-image.ts';

const groupName = z
  .string()
  .regex(/^[^:\s]{1,255}$/, 'needs the name of an Auto Scaling group, not an ARN');

const schema = z.strictObject({
  kind: z.literal('auto-scaling-group'),
  like: groupName.describe(
    'The group whose settings are copied; once it is gone, those of the newest one that was made',
  ),
  launchTemplate: z
    .string()
    .regex(/^[A-Za-z0-9().\-/_]{3,128}$/, 'needs the id or name of a launch template')
    .optional()
    .describe('Whose default version is copied with the new image; that of `like` if absent'),
  targetGroups: targetGroupsSchema.describe('Between which releases alternate'),
  capacity: capacitySchema('instances'),
  healthCheckGracePeriod: atMost('24h')
    .optional()
    .describe(
      'For which failed health checks of a new instance are overlooked; as `like` if absent',
    ),
  namePrefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/, 'needs 1 to 60 of A-Z a-z 0-9 - _')
    .optional()
    .describe("What names of groups begin with; the service's name if absent"),
  readyWithin: atMost('24h').default(1800).describe('A group that takes longer has failed'),
});

/** What the adapter needs besides its part of the manifest. */
export interface AutoScalingGroupDeps {
  autoScaling: AutoScalingApi;
  ec2: Ec2Api;
  elb: LoadBalancingApi;
  clock: Clock;
}

/** Environments that are Auto Scaling groups, each in a target group. */
export const autoScalingGroupKind: EnvironmentKind = {
  kind: 'auto-scaling-group',
  schema,
  create(config, service, { autoScaling, ec2, elb, clock }) {
    if (autoScaling && ec2 && elb) {
      const deps = { autoScaling, ec2, elb, clock };
      return createAutoScalingGroupEnvironment(config, service, deps);
    }
    throw awsOnly('environment', 'auto-scaling-group', service);
  },
};

/**
 * The Auto Scaling groups that are copies of one service; `config` is the manifest's part as it was
 * written. An environment's id is its group's name, which its target group bears as a tag.
 */
export function createAutoScalingGroupEnvironment(
  config: AdapterConfig,
  service: string,
  { autoScaling, ec2, elb, clock }: AutoScalingGroupDeps,
): Environment {
  const { namePrefix = service, ...rest } = schema.parse(config);
  const fleet: Fleet = { ...rest, namePrefix, service, autoScaling, ec2, elb };
  const find = (ref: EnvironmentRef) => findActiveGroup(autoScaling, groupNameOf(ref));
  return {
    provision: (artifact, releaseId) => provisionGroup(fleet, artifact, releaseId),
    status: async (ref) => statusOf(fleet, groupNameOf(ref), await find(ref), clock.now()),
    async ofRelease(releaseId) {
      const found = await findGroup(autoScaling, environmentName(namePrefix, releaseId));
      if (found) return releaseOf(found) === releaseId ? toRef(fleet, found) : null;
      return ofVersion(fleet, releaseId);
    },
    lookup: (id) => lookup(fleet, id),
    async list() {
      const made = await listMade(fleet);
      return made.map((group) => ({ ref: toRef(fleet, group), releaseId: releaseOf(group) ?? '' }));
    },
    async describe(ref) {
      const found = await find(ref);
      return found ? factsOf(found) : {};
    },
    async warm() {
      // Instances that are in service are warm; the load balancer's health checks have reached them.
    },
    async scale(ref, capacity) {
      const found = await find(ref);
      if (!found) return;
      const name = found.AutoScalingGroupName;
      if (await resizeGroup(autoScaling, name, sizesFor(found, capacity))) return;
      const message = `Auto Scaling is still at work on ${name}`;
      throw new VerdigrisError('ThrottledError', message);
    },
    async goLive(ref, blue) {
      const group = await ensureLiveCapacity(fleet, ref, blue);
      return statusOf(fleet, groupNameOf(ref), group, null);
    },
    retire: (ref) => retireGroup(fleet, ref),
  };
}

/** A launch template version without its group, where the call in between failed. */
async function ofVersion(fleet: Fleet, releaseId: string): Promise<EnvironmentRef | null> {
  const model = await findActiveGroup(fleet.autoScaling, fleet.like);
  const source = sourceOf(fleet, model ?? (await listMade(fleet))[0] ?? null);
  const found = source && (await resolveVersion(fleet.ec2, source));
  const made = found && (await findMadeVersion(fleet.ec2, found.templateId, releaseId));
  if (!made) return null;
  const name = environmentName(fleet.namePrefix, releaseId);
  return {
    id: name,
    kind: 'auto-scaling-group',
    version: made.artifactVersion,
    address: null,
    attributes: {
      autoScalingGroupName: name,
      launchTemplateId: made.templateId,
      launchTemplateVersion: made.version,
    },
  };
}

/** What parity checks compare. User data is left out: it may hold secrets. */
function factsOf(found: Group): JsonObject {
  const instances = found.Instances ?? [];
  const launch = specificationOf(found);
  const typesOf = instances.flatMap(({ InstanceType }) => InstanceType ?? []);
  return {
    desiredCapacity: found.DesiredCapacity ?? null,
    minSize: found.MinSize ?? null,
    maxSize: found.MaxSize ?? null,
    instances: instances.length,
    instanceTypes: [...new Set(typesOf)].sort(),
    launchTemplate: launch?.LaunchTemplateId ?? launch?.LaunchTemplateName ?? null,
    launchTemplateVersion: launch?.Version ?? null,
    isMixed: Boolean(found.MixedInstancesPolicy),
    subnets: (found.VPCZoneIdentifier ?? '').split(',').filter(Boolean).sort(),
    healthCheckType: found.HealthCheckType ?? null,
    healthCheckGracePeriodSeconds: found.HealthCheckGracePeriod ?? null,
  };
}
