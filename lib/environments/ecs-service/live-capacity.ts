import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { type EcsService, findActive, setDesiredCount } from './cluster.ts';
import { type Shop, serviceNameOf } from './shop.ts';

/**
 * Gives green as many tasks as it needs to take all traffic. Only ever adds: what has more keeps it.
 * Returns the service as it is then; null when it is gone.
 * @throws ProvisionFailedError when it should match a blue that is not there.
 */
export async function ensureLiveCapacity(
  shop: Shop,
  ref: EnvironmentRef,
  blue: EnvironmentRef | null,
): Promise<EcsService | null> {
  const name = serviceNameOf(ref);
  const found = await findActive(shop, name);
  if (!found) return null;
  const wanted = await wantedCount(shop, blue);
  return (found.desiredCount ?? 0) < wanted ? setDesiredCount(shop, name, wanted) : found;
}

async function wantedCount(shop: Shop, blue: EnvironmentRef | null): Promise<number> {
  const { live } = shop.capacity;
  if (live !== 'match-blue') return live;
  const model = await findActive(shop, blue ? serviceNameOf(blue) : shop.like);
  if (model) return Math.max(model.desiredCount ?? 0, model.runningCount ?? 0);
  if (!blue) return 0;
  throw new VerdigrisError(
    'ProvisionFailedError',
    `${blue.id} has no active service in cluster ${shop.cluster}, so its size can't be matched; say in environment.capacity.live how many tasks are needed`,
  );
}
