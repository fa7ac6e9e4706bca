import type { Clock, Timers } from '../../../lib/release/clock.ts';
import type { EnvironmentRef, Weights } from '../../../lib/release/document.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import {
  hasSameWeights,
  leaseExpired,
  planRoute,
  routeConflict,
} from '../../../lib/routers/route-plan.ts';
import type {
  DesiredRoute,
  Lease,
  Route,
  RoutePlan,
  Router,
  RouterFacts,
} from '../../../lib/routers/router.ts';

/** A route that was live once. */
export interface RouteRecord {
  /** Milliseconds since the Unix epoch, when it went live. */
  atMs: number;
  weights: Weights;
  revision: string;
  by: 'initial' | 'apply' | 'hand';
  /** Of the lease under which it was applied. */
  releaseId: string | null;
  epoch: number | null;
}

/** What became of a change that took effect later than it was asked for. */
export type DelayedFate = 'applied' | 'conflict' | 'expired' | 'not-called';

/** A change that is on its way to the provider, as from a call that was presumed dead. */
export interface DelayedApply {
  /** Lets it arrive now. A second call changes nothing and says the same. */
  takeEffect(): DelayedFate;
}

/** The calls of a router that can be made to fail. */
export type RouterMethod = 'read' | 'apply' | 'verify';

/** A router in memory with injectable faults. */
export interface FakeRouter extends Router {
  /** Every route that was ever live, oldest first. */
  readonly history: readonly RouteRecord[];
  /** How often each call was made. */
  readonly calls: Readonly<Record<RouterMethod, number>>;
  /** The live weights, without going through `read`. */
  weights(): Weights;
  /** The next `times` calls of `method` throw `error` and change nothing. `Infinity` is for ever. */
  failNext(method: RouterMethod, error: Error, times?: number): void;
  /** Takes every fault of `failNext` and `loseAnswers` back. */
  heal(): void;
  /** The next `times` applies take effect, yet their callers get RouterUnavailableError. */
  loseAnswers(times?: number): void;
  /**
   * The next apply does not take effect until `takeEffect()`, or `afterMs` milliseconds later where
   * `timers` were given. The deadline, and the revision if the router is conditional, are looked at
   * then. The caller `loses` the answer at once (RouterUnavailableError) or `waits` for the effect.
   */
  delayApply(options?: { afterMs?: number; caller?: 'loses' | 'waits' }): DelayedApply;
  /** Somebody changes the route past Verdigris: the revision moves. */
  editByHand(weights: Weights): void;
  /** After every later change, `verify` says `pending` this many times before `converged`. */
  convergeAfter(verifyCalls: number): void;
}

/** What a fake router starts from. */
export interface FakeRouterOptions {
  /** For leases and `history`; the machine's if absent. */
  clock?: Clock;
  /** Needed by `delayApply({ afterMs })` only. */
  timers?: Timers;
  /** Atomic, conditional, with weights and without propagation time, save what is given. */
  facts?: Partial<RouterFacts>;
  /** Hears of every change at the moment at which it takes effect; the lease is the very one given. */
  onChange?: (made: RouteRecord, before: RouteRecord | undefined, lease: Lease | null) => void;
  /** The live route to begin with; nothing is routed if absent. */
  initial?: Weights;
}

/**
 * An in-memory router for tests.
 * @example
 * const router = createFakeRouter({ clock, initial: { blue: 100 } });
 * router.failNext('apply', new VerdigrisError('ThrottledError', 'slow down'), 2);
 */
export function createFakeRouter(options: FakeRouterOptions = {}): FakeRouter {
  const clock = options.clock ?? { now: () => Date.now() };
  const facts: RouterFacts = {
    isAtomic: true,
    isConditional: true,
    supportsWeights: true,
    maxPropagationSeconds: 0,
    ...options.facts,
  };
  const history: RouteRecord[] = [];
  const calls: Record<RouterMethod, number> = { read: 0, apply: 0, verify: 0 };
  const faults: { method: RouterMethod; error: Error; left: number }[] = [];
  let answersToLose = 0;
  let verifiesUntilConverged = 0;
  let verifiesLeft = 0;
  let revision = 0;
  let live: Route = { weights: {}, revision: '0' };
  let delayed: ((plan: RoutePlan, lease: Lease) => Promise<Route>) | null = null;

  function setRoute(weights: Weights, by: RouteRecord['by'], lease: Lease | null): Route {
    revision += 1;
    verifiesLeft = verifiesUntilConverged;
    live = { weights: { ...weights }, revision: String(revision) };
    history.push({
      ...structuredClone(live),
      atMs: clock.now(),
      by,
      releaseId: lease?.releaseId ?? null,
      epoch: lease?.epoch ?? null,
    });
    const made = history.at(-1);
    if (made) options.onChange?.(made, history.at(-2), lease);
    return structuredClone(live);
  }

  function enter(method: RouterMethod): void {
    calls[method] += 1;
    const fault = faults.find((entry) => entry.method === method && entry.left > 0);
    if (!fault) return;
    fault.left -= 1;
    throw fault.error;
  }

  function refuseStale(plan: RoutePlan): void {
    if (plan.from.revision !== live.revision) throw routeConflict(plan.from, live);
  }

  function change(plan: RoutePlan, lease: Lease): Route {
    if (clock.now() > lease.deadlineMs) throw leaseExpired(lease.deadlineMs, clock.now());
    if (facts.isConditional) refuseStale(plan);
    return setRoute(plan.to.weights, 'apply', lease);
  }

  function delayApply({ afterMs, caller = 'loses' }: { afterMs?: number; caller?: string } = {}) {
    let fate: DelayedFate = 'not-called';
    let arrive = (): void => {};
    delayed = (plan, lease) => {
      const effect = new Promise<Route>((resolve, reject) => {
        arrive = () => {
          arrive = () => {};
          try {
            resolve(change(plan, lease));
            fate = 'applied';
          } catch (error) {
            fate = (error as Error).name === 'RouteConflictError' ? 'conflict' : 'expired';
            reject(error);
          }
        };
      });
      effect.catch(() => {});
      if (afterMs !== undefined) options.timers?.after(afterMs, () => arrive());
      return caller === 'waits' ? effect : Promise.reject(lostAnswer());
    };
    return {
      takeEffect() {
        arrive();
        return fate;
      },
    };
  }

  if (options.initial) setRoute(options.initial, 'initial', null);

  return {
    facts,
    history,
    calls,
    weights: () => structuredClone(live.weights),
    async read() {
      enter('read');
      return structuredClone(live);
    },
    plan: (current, desired) => planRoute(current, desired, facts),
    async apply(plan, lease) {
      enter('apply');
      refuseStale(plan);
      if (delayed) {
        const later = delayed;
        delayed = null;
        return later(plan, lease);
      }
      const route = change(plan, lease);
      if (answersToLose === 0) return route;
      answersToLose -= 1;
      throw lostAnswer();
    },
    async verify(desired) {
      enter('verify');
      if (!hasSameWeights(live.weights, desired.weights)) return 'pending';
      if (verifiesLeft === 0) return 'converged';
      verifiesLeft -= 1;
      return 'pending';
    },
    failNext(method, error, times = 1) {
      faults.push({ method, error, left: times });
    },
    heal() {
      faults.length = 0;
      answersToLose = 0;
    },
    loseAnswers(times = 1) {
      answersToLose += times;
    },
    delayApply,
    editByHand(weights) {
      setRoute(weights, 'hand', null);
    },
    convergeAfter(verifyCalls) {
      verifiesUntilConverged = verifyCalls;
    },
  };
}

function lostAnswer(): VerdigrisError {
  return new VerdigrisError('RouterUnavailableError', 'the router did not answer in time');
}

/** A made-up environment, enough for a route. `address` is where a local proxy would find it. */
export function fakeEnvironment(id: string, address: string | null = null): EnvironmentRef {
  return { id, kind: 'fake', version: 'v1', address, attributes: {} };
}

/** A desired route whose environments are made up from its weights. */
export function desiredRoute(weights: Weights): DesiredRoute {
  return { weights, environments: Object.keys(weights).map((id) => fakeEnvironment(id)) };
}
