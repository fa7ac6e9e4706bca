import { environmentName } from '../../aws/environment-name.ts';
import { type LoadBalancingApi, readTargetGroupFacts } from '../../aws/target-groups.ts';
import type { Clock } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { AdapterConfig } from '../../release/json.ts';
import type { Environment } from '../environment.ts';
import { factsOf } from './facts.ts';
import {
  type Fleet,
  groupNameOf,
  launchedBy,
  listMade,
  lookup,
  sourceOf,
  targetGroupOf,
  toRef,
} from './fleet.ts';
import {
  type AutoScalingApi,
  findActiveGroup,
  findGroup,
  releaseOf,
  resizeGroup,
} from './groups.ts';
import { findMadeVersion, readLaunchData, resolveVersion } from './launch-template.ts';
import { ensureLiveCapacity } from './live-capacity.ts';
import type { Ec2Api } from './machine-image.ts';
import { provisionGroup } from './provision.ts';
import { retireGroup } from './retire.ts';
import { autoScalingGroupSchema } from './schema.ts';
import { sizesFor } from './settings.ts';
import { statusOf } from './status.ts';

/** What the adapter needs besides its part of the manifest. */
export interface AutoScalingGroupDeps {
  autoScaling: AutoScalingApi;
  ec2: Ec2Api;
  elb: LoadBalancingApi;
  clock: Clock;
}

/**
 * The Auto Scaling groups that are copies of one service; `config` is the manifest's part as it was
 * written. An environment's id is its group's name, which its target group bears as a tag.
 */
export function createAutoScalingGroupEnvironment(
  config: AdapterConfig,
  service: string,
  { autoScaling, ec2, elb, clock }: AutoScalingGroupDeps,
): Environment {
  const { namePrefix = service, ...rest } = autoScalingGroupSchema.parse(config);
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
      if (!found) return {};
      const launched = launchedBy(found);
      const group = targetGroupOf(fleet, found);
      const [launch, targetGroup] = await Promise.all([
        launched && readLaunchData(ec2, launched),
        group === null ? null : readTargetGroupFacts(elb, group),
      ]);
      return factsOf(found, launch, targetGroup);
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
