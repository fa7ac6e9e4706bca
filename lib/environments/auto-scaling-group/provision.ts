import { environmentName, throwIfTaken } from '../../aws/environment-name.ts';
import { type EnvironmentMarks, isCopiedTag, tagsOf } from '../../aws/environment-tags.ts';
import { validationCapacity } from '../../aws/green-capacity.ts';
import { chooseTargetGroup } from '../../aws/target-group-choice.ts';
import { claimTargetGroup, readTargetGroups } from '../../aws/target-groups.ts';
import type { Artifact } from '../../release/artifact.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { type Fleet, listMade, sourceOf, specificationOf, toRef, usersOf } from './fleet.ts';
import {
  createGroup,
  findActiveGroup,
  findGroup,
  type Group,
  readLifecycleHooks,
  releaseOf,
} from './groups.ts';
import {
  createVersion,
  findMadeVersion,
  readVersion,
  resolveVersion,
  type TemplateVersion,
} from './launch-template.ts';
import { invalid, isImageThere, readLaunchSource } from './machine-image.ts';
import { launchFrom, settingsOf, sizesFor } from './settings.ts';

/**
 * Makes the group of a release, or finds it. Null while its image is still being made, and until
 * DescribeAutoScalingGroups shows the group: what is named must not look gone a moment later.
 */
export async function provisionGroup(
  fleet: Fleet,
  artifact: Artifact,
  releaseId: string,
): Promise<EnvironmentRef | null> {
  const { service, namePrefix, autoScaling, elb } = fleet;
  const name = environmentName(namePrefix, releaseId);
  const found = await findGroup(autoScaling, name);
  if (found) {
    throwIfTaken(`Auto Scaling group ${name}`, releaseOf(found), releaseId);
    return toRef(fleet, found);
  }
  const marks = { name, releaseId, version: artifact.version, service };
  const { model, target, size } = await draftGroup(fleet, name);
  const launch = await prepareLaunch(fleet, artifact, model, marks);
  if (!launch) return null;
  const input = {
    ...settingsOf(model),
    ...launchFrom(model, launch),
    ...sizesFor(model, size),
    AutoScalingGroupName: name,
    TargetGroupARNs: [target],
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: fleet.healthCheckGracePeriod ?? model.HealthCheckGracePeriod,
    LifecycleHookSpecificationList: await readLifecycleHooks(
      autoScaling,
      model.AutoScalingGroupName,
    ),
    Tags: tagsFor(model, marks),
  };
  await claimTargetGroup(elb, target, name, service);
  await createGroup(autoScaling, input);
  return null;
}

/** What a group is like, and where it goes. Changes nothing. */
async function draftGroup(fleet: Fleet, name: string) {
  const [template, made, groups] = await Promise.all([
    findActiveGroup(fleet.autoScaling, fleet.like),
    listMade(fleet),
    readTargetGroups(fleet.elb, fleet.targetGroups),
  ]);
  const siblings = [...(template ? [template] : []), ...made];
  const model = siblings[0] ?? throwNoModel(fleet);
  const present = siblings.map(({ DesiredCapacity = 0 }) => DesiredCapacity);
  const size = validationCapacity(fleet.capacity.validate, present);
  return { model, size, target: chooseTargetGroup(groups, name, usersOf(siblings)).arn };
}

function throwNoModel({ like, service }: Fleet): never {
  throw new VerdigrisError(
    'ConfigInvalidError',
    `there is no Auto Scaling group ${like} to copy, and none that was made for a release of ${service}; create it (it needs no instances), or correct environment.like`,
  );
}

/** The template version that green launches from; null while its image is not there yet. */
async function prepareLaunch(
  fleet: Fleet,
  artifact: Artifact,
  model: Group,
  marks: EnvironmentMarks,
): Promise<TemplateVersion | null> {
  const { ec2 } = fleet;
  const wanted = readLaunchSource(artifact);
  if (wanted.kind === 'version') {
    const { templateId: template, version } = wanted;
    const given = await resolveVersion(ec2, { template, version });
    if (given) return given;
    throw invalid(artifact.uri, 'is not in this account and region');
  }
  if (!(await isImageThere(ec2, wanted.imageId, artifact))) return null;
  throwIfFollowing(model);
  const source = await readVersion(ec2, sourceOf(fleet, model) ?? throwNoTemplate(model));
  const made = await findMadeVersion(ec2, source.templateId, marks.releaseId);
  return made ?? createVersion(ec2, source, wanted.imageId, marks);
}

function throwNoTemplate({ AutoScalingGroupName: name }: Group): never {
  throw new VerdigrisError(
    'ConfigInvalidError',
    `Auto Scaling group ${name} launches from a launch configuration; a release needs a launch template: name one in environment.launchTemplate`,
  );
}

/** A group that launches `$Latest` would launch green's image as soon as there is a version with it. */
function throwIfFollowing(model: Group): void {
  if (specificationOf(model)?.Version !== '$Latest') return;
  throw new VerdigrisError(
    'ProvisionFailedError',
    `Auto Scaling group ${model.AutoScalingGroupName} launches version $Latest of its template, so it would launch green's image before anything was checked; set it to a number or to $Default first`,
  );
}

function tagsFor({ Tags = [] }: Group, marks: EnvironmentMarks) {
  const copied = Tags.filter(({ Key }) => isCopiedTag(Key)).map((tag) => ({
    Key: tag.Key,
    Value: tag.Value,
    PropagateAtLaunch: tag.PropagateAtLaunch,
  }));
  const own = Object.entries(tagsOf(marks)).map(([Key, Value]) => ({
    Key,
    Value,
    PropagateAtLaunch: true,
  }));
  return [...copied, ...own];
}
