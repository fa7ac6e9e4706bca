import type { EnvironmentRef } from '../../release/document.ts';
import { isNamed, messageOf, VerdigrisError } from '../../release/errors.ts';
import { hasSameWeights, planRoute, routeConflict } from '../route-plan.ts';
import type { DesiredRoute, Lease, Readiness, Route, RoutePlan, Router } from '../router.ts';
import { combineFacts, combineRoutes } from './combined-route.ts';

/** One door, and what people call it. */
export interface CompositePart {
  name: string;
  router: Router;
}

/**
 * A router over several. A shift goes through them in order and is taken back where one of them refuses
 * it; a way back goes through all of them in reverse, whatever one of them says. No provider can do
 * that at one moment: between the first and the last, `read` says neither the one nor the other.
 */
export function createCompositeRouter(parts: readonly CompositePart[]): Router {
  const facts = combineFacts(parts.map(({ router }) => router.facts));
  const routers = parts.map(({ router }) => router);
  const readAll = () => Promise.all(routers.map((router) => router.read()));

  return {
    facts,
    read: async () => combineRoutes(await readAll()),
    plan(current, desired) {
      const plan = planRoute(current, desired, facts);
      // What one of them can't do is known before any is changed.
      for (const router of routers) router.plan({ weights: {}, revision: '' }, desired);
      return plan;
    },
    async apply({ from, to }: RoutePlan, lease: Lease) {
      const routes = await readAll();
      const live = combineRoutes(routes);
      if (live.revision !== from.revision || !hasSameWeights(live.weights, from.weights))
        throw routeConflict(from, live);
      const doors = parts.map((part, i) => ({ ...part, route: routes[i] as Route }));
      if (isFreeze(live, routes, to)) return combineRoutes(await freeze(doors, to, lease));
      const changed = lease.isWayBack
        ? await goBack(doors, to, lease)
        : await goForward(doors, to, lease);
      return combineRoutes(changed);
    },
    async takeBack(desired, own, lease) {
      for (const { router } of parts.toReversed())
        await takeDoorBack(router, desired, own, lease).catch(() => {});
    },
    async verify(desired) {
      const states = await Promise.all(routers.map((router) => router.verify(desired)));
      return states.includes('pending') ? 'pending' : 'converged';
    },
    ...(routers.some((router) => router.readiness) && { readiness: readinessOf(parts) }),
    ...(routers.some((router) => router.prepare) && { prepare: prepareAll(routers) }),
    ...(routers.some((router) => router.tidy) && { tidy: tidyAll(routers) }),
    ...(routers.some((router) => router.detach) && { detach: detachAll(routers) }),
  };
}

/** A door and the route that it had before. */
interface Door extends CompositePart {
  route: Route;
}

/** What doors that disagree are together is no door's own: who asks for it wants each left as it is. */
function isFreeze(live: Route, routes: readonly Route[], { weights }: DesiredRoute): boolean {
  return (
    hasSameWeights(live.weights, weights) &&
    !routes.some((route) => hasSameWeights(route.weights, weights))
  );
}

/** Writes every door as it is, so that no change that was begun earlier can still win (rule 4). */
async function freeze(doors: Door[], { environments }: DesiredRoute, lease: Lease) {
  const frozen: Route[] = [];
  for (const { router, route } of doors) {
    const isEmpty = Object.keys(route.weights).length === 0;
    const as = { weights: route.weights, environments: knownBy(route, environments) };
    frozen.push(isEmpty ? route : await router.apply(router.plan(route, as), lease));
  }
  return frozen;
}

/** In order; where one can't be changed, those before it are put back and the reason is thrown. */
async function goForward(doors: Door[], to: DesiredRoute, lease: Lease): Promise<Route[]> {
  const done: Route[] = [];
  for (const door of doors) {
    try {
      done.push(await change(door, to, lease));
    } catch (error) {
      const passed = doors.slice(0, done.length);
      await putBack(
        passed.map((it, i) => ({ ...it, now: done[i] as Route })),
        door.name,
        to.environments,
        lease,
        error,
      );
      throw error;
    }
  }
  return done;
}

/** Makes the change, unless its answer was lost and it is made already. */
async function change({ router, route }: Door, to: DesiredRoute, lease: Lease): Promise<Route> {
  try {
    return await router.apply(router.plan(route, to), lease);
  } catch (error) {
    if (!isNamed(error, 'RouterUnavailableError')) throw error;
    const found = await router.read().catch(() => null);
    if (found && hasSameWeights(found.weights, to.weights)) return found;
    throw error;
  }
}

/**
 * @param given Both sides: some doors lead to what an environment says of itself, and not to its id.
 * @throws RouterUnavailableError when some stay switched: they are named with why.
 */
async function putBack(
  doors: (Door & { now: Route })[],
  refused: string,
  given: readonly EnvironmentRef[],
  lease: Lease,
  cause: unknown,
): Promise<void> {
  const stuck: string[] = [];
  for (const { name, router, route, now } of doors.toReversed()) {
    // A door through which nothing was routed can't be closed again; nobody was behind it.
    if (Object.keys(route.weights).length === 0) continue;
    try {
      const before = { weights: route.weights, environments: knownBy(route, given) };
      await router.apply({ from: now, to: before }, lease);
    } catch (error) {
      stuck.push(`${name} (${messageOf(error)})`);
    }
  }
  if (stuck.length === 0) return;
  throw new VerdigrisError(
    'RouterUnavailableError',
    `${refused} refused the shift (${messageOf(cause)}), and what was switched before it could not be put back: ${stuck.join(', ')}`,
    { cause },
  );
}

/** Enough for a router that finds what is live in its own route; more where it is given. */
function knownBy({ weights }: Route, given: readonly EnvironmentRef[] = []): EnvironmentRef[] {
  return Object.keys(weights).map(
    (id) =>
      given.find((environment) => environment.id === id) ?? {
        id,
        kind: 'live',
        version: 'unknown',
        address: null,
        attributes: {},
      },
  );
}

/** In reverse, all of them: a door that can't be changed keeps no other from going back. */
async function goBack(doors: Door[], to: DesiredRoute, lease: Lease): Promise<Route[]> {
  const failures: unknown[] = [];
  const done: Route[] = [];
  for (const door of doors.toReversed()) {
    try {
      done.unshift(await change(door, to, lease));
    } catch (error) {
      failures.push(error);
      done.unshift(door.route);
    }
  }
  if (failures.length > 0) throw failures[0];
  return done;
}

/** Only what leads to a side of the release, and not yet to where it is to. */
async function takeDoorBack(
  router: Router,
  to: DesiredRoute,
  own: readonly string[],
  lease: Lease,
): Promise<void> {
  const route = await router.read();
  const sides = Object.keys(route.weights).filter((id) => (route.weights[id] ?? 0) > 0);
  const isOurs = sides.length > 0 && sides.every((id) => own.includes(id));
  if (!isOurs || hasSameWeights(route.weights, to.weights)) return;
  await router.apply(router.plan(route, to), lease);
}

const urgency: Readiness['status'][] = ['unprepared', 'pending', 'ready'];

function readinessOf(parts: readonly CompositePart[]) {
  return async (desired: DesiredRoute): Promise<Readiness> => {
    const looks = await Promise.all(
      parts.map(async ({ name, router }) => ({ name, look: await router.readiness?.(desired) })),
    );
    const open = looks.flatMap(({ name, look }) =>
      look && look.status !== 'ready' ? [{ name, ...look }] : [],
    );
    const status = urgency.find((it) => open.some((look) => look.status === it)) ?? 'ready';
    return {
      status,
      reason: open.map(({ name, reason }) => `${name}: ${reason}`).join('; '),
      retryAfterSeconds: Math.max(1, ...open.map((it) => it.retryAfterSeconds)),
    };
  };
}

function prepareAll(routers: readonly Router[]) {
  return async (desired: DesiredRoute, lease: Lease): Promise<void> => {
    for (const router of routers) {
      const look = await router.readiness?.(desired);
      if (look?.status === 'unprepared') await router.prepare?.(desired, lease);
    }
  };
}

function tidyAll(routers: readonly Router[]) {
  return async (lease: Lease): Promise<void> => {
    const results = await Promise.allSettled(routers.map((router) => router.tidy?.(lease)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  };
}

function detachAll(routers: readonly Router[]) {
  return async (environment: EnvironmentRef, lease: Lease): Promise<'detached' | 'pending'> => {
    const routes = await Promise.all(routers.map((router) => router.read()));
    const { id } = environment;
    if (routes.some(({ weights }) => (weights[id] ?? 0) > 0)) {
      throw new VerdigrisError('EnvironmentInUseError', `${id} still gets traffic`);
    }
    const states = [];
    for (const router of routers) states.push(await router.detach?.(environment, lease));
    return states.includes('pending') ? 'pending' : 'detached';
  };
}
