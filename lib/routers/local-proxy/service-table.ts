import type { Weights } from '../../release/document.ts';
import { createLiveRoute, type LiveRoute, noRoute } from './live-route.ts';
import { createRecentRequests, type RecentRequests } from './recent-requests.ts';
import type { Binding, StoredService } from './route-store.ts';
import { closeIdle, createSide, type Side, setAddress } from './side.ts';

/** How many addresses of environments without weight are remembered per service. */
const rememberedSides = 50;

/** What the proxy knows of one service. */
export interface ServiceEntry {
  readonly name: string;
  /** Makes the values of sticky cookies. */
  readonly stickyKey: string;
  /** The environment that became ready last: green, while one is released. */
  newest: string | null;
  binding: Binding | null;
  /** The one variable that a switch assigns. */
  route: LiveRoute;
  readonly sides: Map<string, Side>;
  readonly addresses: Map<string, { address: string; isReported: boolean }>;
  readonly recent: RecentRequests;
}

/** A service of which nothing is known. */
export function createServiceEntry(name: string, stickyKey: string): ServiceEntry {
  return {
    ...{
      name,
      stickyKey,
      newest: null,
      binding: null,
      route: noRoute,
      sides: new Map(),
      addresses: new Map(),
    },
    recent: createRecentRequests(),
  };
}

/** Whether requests of this service may go to that environment now. */
export function hasTraffic(entry: ServiceEntry, environmentId: string): boolean {
  return entry.route.sideOf(environmentId) !== undefined;
}

/** Only what users get and what is being released: not what is kept from earlier releases. */
export function canBePreviewed(entry: ServiceEntry, environmentId: string): boolean {
  return entry.newest === environmentId || hasTraffic(entry, environmentId);
}

/**
 * Notes where an environment listens. What its process reported itself (`isReported`) stands against
 * what a release document says, which may be older than a restart.
 * @throws RequestInvalidError when the address is none.
 */
export function learnAddress(
  entry: ServiceEntry,
  environmentId: string,
  address: string,
  isReported: boolean,
): void {
  if (!isReported && entry.addresses.get(environmentId)?.isReported) return;
  const side = entry.sides.get(environmentId) ?? createSide(environmentId, entry.stickyKey);
  setAddress(side, address);
  entry.sides.set(environmentId, side);
  entry.addresses.delete(environmentId);
  entry.addresses.set(environmentId, { address, isReported });
  forgetOldest(entry);
}

/** Drops an environment that has neither weight nor requests in flight. */
export function forgetSide(entry: ServiceEntry, environmentId: string): void {
  const side = entry.sides.get(environmentId);
  if (hasTraffic(entry, environmentId) || (side && side.inFlight.size > 0)) return;
  side?.cancelDrain?.();
  if (side) closeIdle(side.agent);
  entry.sides.delete(environmentId);
  entry.addresses.delete(environmentId);
}

function forgetOldest(entry: ServiceEntry): void {
  const surplus = entry.addresses.size - rememberedSides;
  if (surplus <= 0) return;
  for (const id of [...entry.addresses.keys()].slice(0, surplus)) forgetSide(entry, id);
}

/** The switch: one assignment. */
export function assignRoute(entry: ServiceEntry, weights: Weights, revision: number): void {
  entry.route = createLiveRoute(weights, revision, entry.sides);
}

/** A service as it is kept on disk. */
export function storedService(entry: ServiceEntry): StoredService {
  return {
    binding: entry.binding,
    stickyKey: entry.stickyKey,
    newest: entry.newest,
    weights: { ...entry.route.weights },
    revision: entry.route.revision,
    addresses: Object.fromEntries(entry.addresses),
  };
}

/** A service as it was kept on disk. */
export function restoreService(
  name: string,
  stored: StoredService,
  stickyKey: string,
): ServiceEntry {
  const entry = createServiceEntry(name, stored.stickyKey ?? stickyKey);
  entry.newest = stored.newest;
  entry.binding = stored.binding;
  for (const [id, { address, isReported }] of Object.entries(stored.addresses)) {
    learnAddress(entry, id, address, isReported);
  }
  assignRoute(entry, stored.weights, stored.revision);
  return entry;
}
