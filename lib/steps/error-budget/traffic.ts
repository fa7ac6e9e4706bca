import type { ReleaseDocument, Weights } from '../../release/document.ts';
import { messageOf } from '../../release/errors.ts';
import type { AdapterConfig } from '../../release/json.ts';
import { versionsOf } from '../document.ts';
import type { Ports } from '../ports.ts';

/** Who answered a service's users. */
export interface Traffic {
  /** The last release that got traffic, as far as is known. */
  release: ReleaseDocument | null;
  /** Who gets traffic now, besides the sides of that release. */
  weights: Weights;
  /** The version of each environment, as far as is known. */
  versions: Record<string, string>;
}

/** As a release that has traffic knows it. */
export function trafficIn(release: ReleaseDocument): Traffic {
  const weights = release.expectedRoute?.weights ?? {};
  return { release, weights, versions: versionsOf(release) };
}

/** Looked for among so many of a service. */
const lookBack = 10;

/** As router and ledger know it now. */
export async function trafficOf(
  { service, router }: { service: string; router: AdapterConfig },
  ports: Ports,
): Promise<Traffic> {
  const weights = await liveWeights(service, router, ports);
  const recent = (await ports.ledger.listReleases({ service, limit: lookBack })).map(
    ({ document }) => document,
  );
  const release =
    recent.find(({ milestones }) => milestones.firstShiftAt !== null) ??
    (await lastCounted(service, ports));
  const known = release ? [release, ...recent] : recent;
  return { release, weights, versions: Object.assign({}, ...known.map(versionsOf)) };
}

/** A service that is frozen may have refused any number of releases since its last one. */
async function lastCounted(service: string, ports: Ports): Promise<ReleaseDocument | null> {
  const releaseId = (await ports.ledger.getBudget(service))?.release?.releaseId;
  const found = releaseId === undefined ? null : await ports.ledger.getRelease(releaseId);
  return found?.document ?? null;
}

/** A router that cannot be read leaves the sides of the last release. */
async function liveWeights(service: string, router: AdapterConfig, ports: Ports): Promise<Weights> {
  try {
    return (await (await ports.adapters.router(router, service)).read()).weights;
  } catch (error) {
    ports.log.warn('traffic is unknown', { service, reason: messageOf(error) });
    return {};
  }
}
