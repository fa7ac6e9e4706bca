import type { Clock, Ids, Timers } from '../../release/clock.ts';
import type { Weights } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Logger } from '../../release/logger.ts';
import { hasSameWeights, leaseExpired, routeConflict } from '../route-plan.ts';
import type { Route } from '../router.ts';
import { refuse, refuseSocket } from './answers.ts';
import { createForward } from './forward.ts';
import type { InFlight } from './in-flight.ts';
import { createListeners } from './listeners.ts';
import { choosePassage } from './passage.ts';
import type { RecentRequest } from './recent-requests.ts';
import { type Binding, createRouteStore } from './route-store.ts';
import {
  assignRoute,
  createServiceEntry,
  forgetSide,
  hasTraffic,
  learnAddress,
  restoreService,
  type ServiceEntry,
  storedService,
} from './service-table.ts';
import { closeIdle, type Side, targetOf } from './side.ts';
import type { FinishedRequest } from './traffic.ts';
import { createUpgrade } from './upgrade.ts';

export type { RecentRequest } from './recent-requests.ts';
export type { Binding } from './route-store.ts';
export type { FinishedRequest, RequestOutcome } from './traffic.ts';

/** A route to put in place of another one. */
export interface RouteChange {
  /** The route that must still be live. */
  expected: Route;
  /** Whole percent per environment id, adding up to 100. */
  weights: Weights;
  /** Where the environments listen (`http://host:port`), as far as the caller knows. */
  addresses: Readonly<Record<string, string | null>>;
  /** Milliseconds since the Unix epoch, after which it must not take effect. */
  deadlineMs: number;
}

/** What an environment is busy with. */
export interface SideTraffic {
  /** Requests and upgraded sockets that are being passed on now. */
  inFlight: number;
  /** How many were closed, ever since the start, because their drain time was over. */
  drainedConnections: number;
}

/** Seconds since each thing in flight began. */
export interface Ages {
  sockets: number[];
  requests: number[];
}

/** A reverse proxy for several services, whose routes are switched at one moment. */
export interface LocalProxy {
  /**
   * Restores routes and opens their ports as they were. To be called once, before anything else.
   * Every port that can be opened is opened before the first failure is thrown.
   * @throws ConfigInvalidError when the file of routes is damaged, PortInUseError.
   */
  load(): Promise<void>;
  /** Opens a service's port, or changes how it is reached. @throws PortInUseError */
  bind(service: string, binding: Binding): Promise<void>;
  /** The port on which a service is reached, or undefined. Useful where the binding said 0. */
  portOf(service: string): number | undefined;
  /** The live route; revision `0` and no weights for a service without one. */
  read(service: string): Route;
  /**
   * Binds the service like this and puts the new route in place, comparing and swapping at one
   * moment, and resolves when that is on disk or could not be written, or after 2 s in which neither
   * happened. What is refused changes nothing.
   * @throws LeaseExpiredError, RouteConflictError, PortInUseError
   * @throws RequestInvalidError when an environment with weight has no address or a wrong one.
   */
  change(service: string, binding: Binding, change: RouteChange): Promise<Route>;
  /**
   * An environment's process says where it listens now, for instance after a restart. Holds against
   * what later changes say of that environment.
   * @throws RequestInvalidError when it is no `http://host:port`.
   */
  updateAddress(service: string, environmentId: string, address: string): void;
  /**
   * An environment is ready, and a preview may go to it. Says nothing against what its process reported,
   * and has no effect where the address is none for this proxy.
   */
  introduce(service: string, environmentId: string, address: string): void;
  /** What users asked for lately, newest first and each once; nothing unless the binding asks for it. */
  recentRequests(service: string): RecentRequest[];
  /** True when nothing of this environment is in flight any more and none can come. */
  drained(service: string, environmentId: string): boolean;
  /** What each known environment of a service is busy with. */
  traffic(service: string): Record<string, SideTraffic>;
  /** How long everything that is in flight on one side has been so. */
  ages(service: string, environmentId: string): Ages;
  /** Drops what is known of a retired environment; has no effect while it has traffic. */
  forget(service: string, environmentId: string): void;
  /** Waits until the routes are on disk, or could not be written and that is logged. */
  flush(): Promise<void>;
  /** Closes every port and connection and waits for the disk. */
  close(): Promise<void>;
}

/** What the proxy is made of. */
export interface LocalProxyDeps {
  clock: Clock;
  timers: Timers;
  ids: Ids;
  log: Logger;
  /** Where `routes.json` is kept. */
  directory: string;
  /** Hears of every request when it is over. Must not throw. */
  onRequest?: (request: FinishedRequest) => void;
}

/** For so long a switch waits until it is saved. */
const saveMs = 2000;

/** A proxy without routes and open ports; see `load`. */
export function createLocalProxy(deps: LocalProxyDeps): LocalProxy {
  const { clock, timers, ids } = deps;
  const entries = new Map<string, ServiceEntry>();
  const store = createRouteStore(deps);
  const report = deps.onRequest ?? (() => {});
  const forward = createForward(report);
  const upgrade = createUpgrade(timers, report);

  const listeners = createListeners({
    onRequest(service, req, res) {
      const entry = entryOf(service);
      const passage = choosePassage(entry, req);
      if ('code' in passage) {
        refuse(res, passage);
        if (passage.code === 'no-route') report(unrouted(service));
        return;
      }
      if (!passage.isPreview) entry.recent.note(req, entry.binding?.remember ?? null);
      forward(req, res, passage);
    },
    onUpgrade(service, req, socket, head) {
      const passage = choosePassage(entryOf(service), req);
      if ('code' in passage) {
        refuseSocket(socket, passage);
        if (passage.code === 'no-route') report(unrouted(service));
        return;
      }
      upgrade(req, socket, head, passage);
    },
  });

  function entryOf(service: string): ServiceEntry {
    const entry = entries.get(service) ?? createServiceEntry(service, ids.next() + ids.next());
    entries.set(service, entry);
    return entry;
  }

  function save(): void {
    store.save(() => ({
      version: 1,
      services: Object.fromEntries(
        [...entries.values()].map((entry) => [entry.name, storedService(entry)]),
      ),
    }));
  }

  function read(service: string): Route {
    const route = entries.get(service)?.route;
    return { weights: { ...route?.weights }, revision: String(route?.revision ?? 0) };
  }

  function drainAll(entry: ServiceEntry): void {
    for (const side of entry.sides.values()) {
      if (hasTraffic(entry, side.environmentId)) {
        side.cancelDrain?.();
        side.cancelDrain = null;
      } else if (side.inFlight.size > 0 && !side.cancelDrain) {
        const drainMs = (entry.binding?.drainSeconds ?? 0) * 1000;
        side.cancelDrain = timers.after(drainMs, () => endDrain(side));
      }
    }
  }

  async function bind(service: string, binding: Binding): Promise<void> {
    await listeners.bind(service, binding);
    const entry = entryOf(service);
    if (JSON.stringify(entry.binding) === JSON.stringify(binding)) return;
    entry.binding = { ...binding };
    entry.recent.keep(binding.remember);
    save();
  }

  function refuseStale(service: string, { expected, weights, addresses, deadlineMs }: RouteChange) {
    const now = clock.now();
    if (now > deadlineMs) throw leaseExpired(deadlineMs, now);
    const live = read(service);
    if (!isSameRoute(live, expected)) throw routeConflict(expected, live);
    refuseWithoutAddress(entryOf(service), weights, addresses);
  }

  /** From the look at the live route to the assignment nothing else can run. */
  function swap(service: string, change: RouteChange): Route {
    refuseStale(service, change);
    const entry = entryOf(service);
    for (const [id, address] of Object.entries(change.addresses)) {
      if (address !== null) learnAddress(entry, id, address, false);
    }
    assignRoute(entry, change.weights, entry.route.revision + 1);
    drainAll(entry);
    save();
    return read(service);
  }

  return {
    async load() {
      const stored = await store.load();
      const doors: Promise<void>[] = [];
      for (const [name, service] of Object.entries(stored?.services ?? {})) {
        const entry = restoreService(name, service, ids.next() + ids.next());
        entries.set(name, entry);
        if (entry.binding) doors.push(listeners.bind(name, entry.binding));
      }
      const failed = (await Promise.allSettled(doors)).find((door) => door.status === 'rejected');
      if (failed) throw failed.reason;
    },
    bind,
    portOf: (service) => listeners.portOf(service),
    read,
    async change(service, binding, change) {
      // Once before the port is touched, and again afterwards for what happened meanwhile.
      refuseStale(service, change);
      await bind(service, binding);
      const route = swap(service, change);
      // Traffic has moved. Who asked writes down what follows from that, and a conductor that is killed
      // then must not come back with the route before it. But a disk that hangs does not hold the switch.
      if (!(await settlesWithin(timers, saveMs, store.flush())))
        deps.log.warn('routes are not saved yet; traffic has moved', { service, waitedMs: saveMs });
      return route;
    },
    updateAddress(service, environmentId, address) {
      learnAddress(entryOf(service), environmentId, address, true);
      save();
    },
    introduce(service, environmentId, address) {
      const entry = entryOf(service);
      const known = entry.addresses.get(environmentId);
      if (!targetOf(address)) return;
      const isKnown = known?.isReported || known?.address === address;
      // Blue is looked at as well, and must not take green's place.
      const isNews = entry.newest !== environmentId && !hasTraffic(entry, environmentId);
      if (isKnown && !isNews) return;
      if (isNews) entry.newest = environmentId;
      if (!isKnown) learnAddress(entry, environmentId, address, false);
      save();
    },
    recentRequests: (service) => entries.get(service)?.recent.list() ?? [],
    drained(service, environmentId) {
      const entry = entries.get(service);
      if (!entry) return true;
      const inFlight = entry.sides.get(environmentId)?.inFlight.size ?? 0;
      return inFlight === 0 && !hasTraffic(entry, environmentId);
    },
    traffic(service) {
      const sides = [...(entries.get(service)?.sides.values() ?? [])];
      return Object.fromEntries(sides.map((side) => [side.environmentId, trafficOf(side)]));
    },
    ages(service, environmentId) {
      return agesOf(entries.get(service)?.sides.get(environmentId)?.inFlight.all() ?? []);
    },
    forget(service, environmentId) {
      const entry = entries.get(service);
      if (!entry) return;
      forgetSide(entry, environmentId);
      save();
    },
    flush: () => store.flush(),
    async close() {
      await listeners.close();
      for (const entry of entries.values()) entry.sides.forEach(closeSide);
      await store.flush();
    },
  };
}

/**
 * Weights are compared besides the revision: a switch that was made but not yet saved when the
 * process was killed must not be mistaken for another one that later got its number.
 */
function isSameRoute(a: Route, b: Route): boolean {
  return a.revision === b.revision && hasSameWeights(a.weights, b.weights);
}

/** Whether it ended in so many milliseconds; it is not ended otherwise. */
async function settlesWithin(timers: Timers, ms: number, work: Promise<void>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const cancel = timers.after(ms, () => late.resolve(false));
  return Promise.race([work.then(() => true), late.promise]).finally(cancel);
}

function refuseWithoutAddress(
  entry: ServiceEntry,
  weights: Weights,
  addresses: RouteChange['addresses'],
): void {
  const missing = Object.entries(weights).find(
    ([id, weight]) => weight > 0 && !addresses[id] && !entry.sides.get(id)?.target,
  );
  if (!missing) return;
  throw new VerdigrisError(
    'RequestInvalidError',
    `${missing[0]} of ${entry.name} has no address, so it cannot get ${missing[1]}% of the ` +
      'traffic: give http://host:port',
  );
}

function endDrain(side: Side): void {
  side.cancelDrain = null;
  for (const inFlight of side.inFlight.all()) inFlight.close();
  closeIdle(side.agent);
}

function closeSide(side: Side): void {
  side.cancelDrain?.();
  side.agent.destroy();
}

function trafficOf({ inFlight, drainedConnections }: Side): SideTraffic {
  return { inFlight: inFlight.size, drainedConnections };
}

function agesOf(items: readonly InFlight[]): Ages {
  const now = performance.now();
  const age = ({ startedAt }: InFlight) => (now - startedAt) / 1000;
  return {
    sockets: items.filter(({ isSocket }) => isSocket).map(age),
    requests: items.filter(({ isSocket }) => !isSocket).map(age),
  };
}

function unrouted(service: string): FinishedRequest {
  return { service, environmentId: null, status: 503, latencyMs: 0, outcome: 'switch-failed' };
}
