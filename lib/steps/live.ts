import type { ReleaseRecord } from '../ledger/ledger.ts';
import type { EnvironmentRef } from '../release/document.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { Ports } from './ports.ts';

/** Every release that was let in names what was live then, so that few records are enough. */
const lookBack = 100;

/**
 * The environment that the router names. What the environment says of itself counts; only where it is
 * handed over, and so remembered by nobody else, a release's record does.
 */
export async function findLive(
  environmentId: string,
  config: AdapterConfig,
  service: string,
  ports: Ports,
): Promise<EnvironmentRef | null> {
  const environment = await ports.adapters.environment(config, service);
  const found = await environment.lookup(environmentId);
  if (found || !environment.isHandedOver) return found;
  const releases = await ports.ledger.listReleases({ service, limit: lookBack });
  const wereLive = releases.flatMap(liveOf);
  return wereLive.find(({ id, kind }) => id === environmentId && kind === config.kind) ?? null;
}

/** What a release made live, then what was live before it. A green that came to nothing is neither. */
function liveOf({ outcome, document }: ReleaseRecord): EnvironmentRef[] {
  const { blue, green } = document;
  return [outcome === 'completed' ? green : null, blue].filter((ref) => ref !== null);
}
