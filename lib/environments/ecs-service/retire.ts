import { disclaimTargetGroups, hasDrainingTargets } from '../../aws/target-groups.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import {
  deleteService,
  type EcsService,
  findService,
  isRetired,
  markRetired,
  releaseOf,
  setDesiredCount,
} from './cluster.ts';
import { groupOf, type Shop, serviceNameOf } from './shop.ts';
import { deregisterAll } from './task-definition.ts';

/**
 * Takes a service away in steps, of which each call does what is possible by then: no more tasks, which
 * ECS takes out of the target group and stops after its deregistration delay; the service; its task
 * definition; its name on the target group.
 *
 * A service that was not made for a release keeps its place without tasks: somebody else's program owns
 * it and may be asked for its settings.
 */
export async function retireService(
  shop: Shop,
  ref: EnvironmentRef,
): Promise<'retired' | 'pending'> {
  const name = serviceNameOf(ref);
  const found = await findService(shop, name);
  if (found && !(await letGo(shop, found))) return 'pending';
  await deregisterAll(shop, name);
  await disclaimTargetGroups(shop.elb, shop.targetGroups, ref.id);
  return 'retired';
}

/** True once nothing of it runs and it is deleted, where that is ours to do. */
async function letGo(shop: Shop, found: EcsService): Promise<boolean> {
  const { serviceName: name, status, desiredCount = 0, runningCount = 0, pendingCount = 0 } = found;
  if (status === 'DRAINING') return false;
  const isOurs = releaseOf(found) !== null;
  if (!isOurs && isRetired(found) && runningCount === 0) return true;
  if (desiredCount > 0) {
    await setDesiredCount(shop, name, 0);
    return false;
  }
  if (runningCount + pendingCount > 0 || (await hasDrainingTargets(shop.elb, groupOf(shop, found))))
    return false;
  if (!isOurs) {
    await markRetired(shop, found);
    return true;
  }
  await deleteService(shop, name);
  return false;
}
