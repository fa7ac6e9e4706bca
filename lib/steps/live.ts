import type { ReleaseRecord } from '../ledger/ledger.ts';
import type { EnvironmentRef } from '../release/document.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { Ports } from './ports.ts';

/**
 * Every release that was let in names what was live then, so that few records are enough as a rule. Those
 * that were refused name nothing, and a freeze may have refused any number since: then more are read.
 */
const lookBacks = [100, 1000, 10_000];

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
  for (const limit of lookBacks) {
    const releases = await ports.ledger.listReleases({ service, limit });
    const wereLive = releases.flatMap(liveOf);
    const live = wereLive.find(({ id, kind }) => id === environmentId && kind === config.kind);
    if (live || releases.length < limit) return live ?? null;
  }
  return null;
}

/** What a release made live, then what was live before it. A green that came to nothing is neither. */
function liveOf({ outcome, document }: ReleaseRecord): EnvironmentRef[] {
  const { blue, green } = document;
  return [outcome === 'completed' ? green : null, blue].filter((ref) => ref !== null);
}
