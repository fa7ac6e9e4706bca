import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { type Fleet, groupNameOf } from './fleet.ts';
import { findActiveGroup, type Group, resizeGroup, type Sizes } from './groups.ts';
import { sizesFor } from './settings.ts';

/**
 * Gives green as much capacity as it needs to take all traffic. Only ever adds: what has more keeps it.
 * Returns the group as it is then; null when it is gone.
 * @throws ProvisionFailedError when it should match a blue that is not there.
 */
export async function ensureLiveCapacity(
  fleet: Fleet,
  ref: EnvironmentRef,
  blue: EnvironmentRef | null,
): Promise<Group | null> {
  const name = groupNameOf(ref);
  const found = await findActiveGroup(fleet.autoScaling, name);
  if (!found) return null;
  const wanted = await wantedSizes(fleet, found, blue);
  if ((found.DesiredCapacity ?? 0) >= wanted.DesiredCapacity) return found;
  await resizeGroup(fleet.autoScaling, name, wanted);
  return { ...found, ...wanted };
}

async function wantedSizes(
  fleet: Fleet,
  green: Group,
  blue: EnvironmentRef | null,
): Promise<Sizes> {
  const { live } = fleet.capacity;
  if (live !== 'match-blue') return sizesFor(green, live);
  const model = await findActiveGroup(fleet.autoScaling, blue ? groupNameOf(blue) : fleet.like);
  if (model) return sizesFor(model, model.DesiredCapacity ?? 0);
  if (!blue) return sizesFor(green, 0);
  throw new VerdigrisError(
    'ProvisionFailedError',
    `${blue.id} has no Auto Scaling group, so its size can't be matched; say in environment.capacity.live how much is needed`,
  );
}
