import { disclaimTargetGroups, hasDrainingTargets } from '../../aws/target-groups.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { type Fleet, groupNameOf, listMade, specificationOf, targetGroupOf } from './fleet.ts';
import {
  deleteGroup,
  findGroup,
  type Group,
  isBeingDeleted,
  isRetired,
  markRetired,
  releaseOf,
  resizeGroup,
} from './groups.ts';
import { deleteMadeVersion } from './launch-template.ts';

/**
 * Takes a group away in steps, of which each call does what is possible by then: no more instances,
 * which are taken out of the target group and terminated after its deregistration delay; the group; its
 * launch template version; its name on the target group.
 *
 * A group that was not made for a release keeps its place without instances: somebody else's program
 * owns it and may be asked for its settings.
 */
export async function retireGroup(
  fleet: Fleet,
  ref: EnvironmentRef,
): Promise<'retired' | 'pending'> {
  const found = await findGroup(fleet.autoScaling, groupNameOf(ref));
  if (found && !(await letGo(fleet, found))) return 'pending';
  await deleteVersion(fleet, ref);
  await disclaimTargetGroups(fleet.elb, fleet.targetGroups, ref.id);
  return 'retired';
}

/** True once nothing of it runs and it is deleted, where that is ours to do. */
async function letGo(fleet: Fleet, found: Group): Promise<boolean> {
  const { autoScaling } = fleet;
  const { AutoScalingGroupName: name, DesiredCapacity = 0, MinSize = 0, Instances = [] } = found;
  if (isBeingDeleted(found)) return false;
  const isOurs = releaseOf(found) !== null;
  if (!isOurs && isRetired(found) && Instances.length === 0) return true;
  if (DesiredCapacity > 0 || MinSize > 0) {
    await resizeGroup(autoScaling, name, { MinSize: 0, DesiredCapacity: 0 });
    return false;
  }
  if (Instances.length > 0 || (await hasDrainingTargets(fleet.elb, targetGroupOf(fleet, found))))
    return false;
  if (!isOurs) {
    await markRetired(autoScaling, name);
    return true;
  }
  await deleteGroup(autoScaling, name);
  return false;
}

/** Not while another environment launches from it: a version may be released as it is, too. */
async function deleteVersion(fleet: Fleet, { attributes }: EnvironmentRef): Promise<void> {
  const { launchTemplateId: templateId, launchTemplateVersion: version } = attributes;
  if (!templateId || !version || !/^\d+$/.test(version)) return;
  const isUsed = (await listMade(fleet)).some((group) => {
    const used = specificationOf(group);
    return used?.LaunchTemplateId === templateId && used.Version === version;
  });
  if (!isUsed) await deleteMadeVersion(fleet.ec2, { templateId, version });
}
