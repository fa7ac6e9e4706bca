import { isCalled } from '../../aws/sdk-errors.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { planRoute, routeConflict } from '../route-plan.ts';
import type { DesiredRoute, Readiness, Route, RoutePlan, Router, RouterFacts } from '../router.ts';
import { type Time, throwIfExpired, withinLease } from '../within-lease.ts';
import { toOurs } from './calls.ts';

/** Revision of a route that is not there yet. */
export const noRevision = 'none';

/** What one mode knows about its route. `State` is the route as API Gateway has it. */
export interface Mode<State> {
  readonly facts: RouterFacts;
  /** For messages. */
  readonly name: string;
  look(): Promise<State>;
  /** Everything that `write` would change: the same as long as nobody changes the route. */
  revisionOf(state: State): string;
  /** Names the sides, for which the provider may have to be asked again. */
  toRoute(state: State): Promise<Route>;
  /** Pure. @throws RequestInvalidError when an environment can't be a side of this route. */
  check(desired: DesiredRoute): void;
  /** True when the route is as it is wanted, by what it leads to and not by names. */
  follows(state: State, desired: DesiredRoute): boolean;
  /** The operation that `write` will be. */
  operation(state: State): string;
  /** Makes the change with one request, and returns what is there then. Throws what the SDK throws. */
  write(state: State, desired: DesiredRoute, signal: AbortSignal): Promise<State>;
  readiness(state: State, desired: DesiredRoute): Promise<Readiness>;
}

/**
 * A router over one mode. API Gateway compares nothing, so a change is refused by what was read just
 * before it, and given up when its lease ends.
 */
export function createModeRouter<State>(mode: Mode<State>, time: Time): Router {
  const { facts } = mode;
  const read = async () => mode.toRoute(await mode.look());

  async function throwIfChanged(state: State, from: Route): Promise<void> {
    if (mode.revisionOf(state) !== from.revision) {
      throw routeConflict(from, await mode.toRoute(state));
    }
  }

  /**
   * Why a write was refused: the route is no longer as it was, or something else. An earlier try of the
   * SDK, whose answer was lost, is among the former.
   */
  async function explain(error: unknown, state: State, from: Route): Promise<Error> {
    if (isCalled(error, 'NotFoundException', 'ConflictException', 'BadRequestException')) {
      await throwIfChanged(await mode.look(), from);
    }
    return toOurs(error, mode.operation(state), mode.name);
  }

  return {
    facts,
    read,
    plan(current, desired): RoutePlan {
      const plan = planRoute(current, desired, facts);
      mode.check(desired);
      return plan;
    },
    async apply({ from, to }, lease) {
      throwIfExpired(lease, time.clock);
      const state = await mode.look();
      await throwIfChanged(state, from);
      throwIfExpired(lease, time.clock);
      try {
        const saved = await withinLease(lease, time, (signal) => mode.write(state, to, signal));
        return { weights: positive(to), revision: mode.revisionOf(saved) };
      } catch (error) {
        throw await explain(error, state, from);
      }
    },
    async verify(desired) {
      return mode.follows(await mode.look(), desired) ? 'converged' : 'pending';
    },
    readiness: async (desired) => mode.readiness(await mode.look(), desired),
  };
}

function positive({ weights }: DesiredRoute): Route['weights'] {
  return Object.fromEntries(Object.entries(weights).filter(([, percent]) => percent > 0));
}

/** The environments that are to get traffic, with their share in percent. */
export function sidesOf({ weights, environments }: DesiredRoute): [EnvironmentRef, number][] {
  return environments
    .map((environment): [EnvironmentRef, number] => [environment, weights[environment.id] ?? 0])
    .filter(([, percent]) => percent > 0);
}

/** The one environment that is to get all traffic. */
export function onlySideOf(desired: DesiredRoute): EnvironmentRef {
  const [side] = sidesOf(desired);
  if (side) return side[0];
  throw new VerdigrisError('RequestInvalidError', 'no environment is to get traffic');
}

/** Nothing stands in the way. */
export const ready: Readiness = { status: 'ready', reason: '', retryAfterSeconds: 1 };

/** Something is on its way. Deployments and domains take seconds to minutes, and the rate is low. */
export function waitFor(reason: string): Readiness {
  return { status: 'pending', reason, retryAfterSeconds: 5 };
}

/** Waiting would not help. */
export function unready(message: string): VerdigrisError {
  return new VerdigrisError('RouteUnreadyError', message);
}

/**
 * Before traffic leaves blue, the way back has to lead to where it is now: blue may have been found by
 * its name only.
 * @param live What the route leads to, by the environment's id. @param target Where the id would lead.
 * @throws RouteUnreadyError
 */
export function throwIfNoWayBack(
  { environments }: DesiredRoute,
  live: Record<string, string>,
  target: (environment: EnvironmentRef) => string,
): void {
  for (const environment of environments) {
    const now = live[environment.id];
    if (now === undefined || now === target(environment)) continue;
    throw unready(
      `${environment.id} gets traffic by ${now}, but a way back would lead to ${target(environment)}; correct what the environment says of itself`,
    );
  }
}
