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
  Readiness,
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
  /** `part`: half of a change of a router that is not atomic. `prepare`: what should move nothing. */
  by: 'initial' | 'apply' | 'part' | 'prepare' | 'hand';
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
export type RouterMethod =
  | 'read'
  | 'apply'
  | 'verify'
  | 'readiness'
  | 'prepare'
  | 'detach'
  | 'tidy';

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
  /** The next apply of a router that is not atomic breaks off half way. */
  breakNext(): void;
  /**
   * The next apply, prepare or detach does not take effect until `takeEffect()`, or `afterMs` milliseconds later where
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
  /**
   * Has the calls by which a route gets ready for a shift. So many looks say `pending` once it is
   * prepared. Absent in a router that is always ready.
   */
  preparation?: { healthyAfterCalls: number } | undefined;
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
  const calls: Record<RouterMethod, number> = {
    read: 0,
    apply: 0,
    verify: 0,
    readiness: 0,
    prepare: 0,
    detach: 0,
    tidy: 0,
  };
  const attached = new Set(Object.keys(options.initial ?? {}));
  const faults: { method: RouterMethod; error: Error; left: number }[] = [];
  let answersToLose = 0;
  let verifiesUntilConverged = 0;
  let verifiesLeft = 0;
  let revision = 0;
  let live: Route = { weights: {}, revision: '0' };
  let breaksOff = false;
  let looksUntilHealthy = options.preparation?.healthyAfterCalls ?? 0;
  let delayed: ((change: () => Route) => Promise<Route>) | null = null;

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

  function refuseLate({ deadlineMs }: Lease): void {
    if (clock.now() > deadlineMs) throw leaseExpired(deadlineMs, clock.now());
  }

  function change(plan: RoutePlan, lease: Lease): Route {
    refuseLate(lease);
    if (facts.isConditional) refuseStale(plan);
    for (const id of Object.keys(plan.to.weights)) attached.add(id);
    if (!facts.isAtomic && !hasSameWeights(live.weights, plan.to.weights)) {
      setRoute(halfWay(live.weights, plan.to.weights), 'part', lease);
      if (breaksOff) {
        breaksOff = false;
        throw lostAnswer();
      }
    }
    return setRoute(plan.to.weights, 'apply', lease);
  }

  /** What is not about traffic. Where nothing is compared, it writes the weights that it found. */
  function changeSides(found: Weights, lease: Lease, sides: () => void): Route {
    refuseLate(lease);
    sides();
    const weights = facts.isConditional ? live.weights : found;
    if (!hasSameWeights(live.weights, weights)) return setRoute(weights, 'prepare', lease);
    revision += 1;
    live = { ...live, revision: String(revision) };
    return structuredClone(live);
  }

  async function arriveLater(effect: () => Route): Promise<Route> {
    const later = delayed;
    delayed = null;
    return later ? later(effect) : effect();
  }

  function delayApply({ afterMs, caller = 'loses' }: { afterMs?: number; caller?: string } = {}) {
    let fate: DelayedFate = 'not-called';
    let arrive = (): void => {};
    delayed = (change) => {
      const effect = new Promise<Route>((resolve, reject) => {
        arrive = () => {
          arrive = () => {};
          try {
            resolve(change());
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

  /** The calls by which the route gets ready: a side has to be attached, then it gets healthy. */
  function createPreparation({ healthyAfterCalls }: { healthyAfterCalls: number }) {
    return {
      async readiness({ weights }: DesiredRoute): Promise<Readiness> {
        enter('readiness');
        const missing = Object.keys(weights).find((id) => !attached.has(id));
        const reason = missing ? `${missing} is not attached` : '';
        if (missing) return { status: 'unprepared', reason, retryAfterSeconds: 1 };
        if (looksUntilHealthy === 0) return { status: 'ready', reason: '', retryAfterSeconds: 1 };
        looksUntilHealthy -= 1;
        return { status: 'pending', reason: 'targets are not healthy yet', retryAfterSeconds: 2 };
      },
      async prepare({ environments }: DesiredRoute, lease: Lease): Promise<void> {
        enter('prepare');
        refuseLate(lease);
        const found = { ...live.weights };
        const attach = () => {
          for (const { id } of environments) attached.add(id);
        };
        looksUntilHealthy = healthyAfterCalls;
        await arriveLater(() => changeSides(found, lease, attach));
      },
      async tidy(): Promise<void> {
        enter('tidy');
      },
      async detach({ id }: EnvironmentRef, lease: Lease): Promise<'detached' | 'pending'> {
        enter('detach');
        const percent = live.weights[id] ?? 0;
        if (percent > 0)
          throw new VerdigrisError('EnvironmentInUseError', `${id} still gets ${percent}%`);
        refuseLate(lease);
        const found = { ...live.weights };
        if (attached.has(id))
          await arriveLater(() => changeSides(found, lease, () => attached.delete(id)));
        return 'detached';
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
      const route = await arriveLater(() => change(plan, lease));
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
    ...(options.preparation && createPreparation(options.preparation)),
    breakNext() {
      breaksOff = true;
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

/** Traffic of a router that has two doors, of which the first is switched already. */
function halfWay(from: Weights, to: Weights): Weights {
  const ids = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const halves = ids.map((id): [string, number] => [
    id,
    Math.floor(((from[id] ?? 0) + (to[id] ?? 0)) / 2),
  ]);
  const rest = 100 - halves.reduce((sum, [, percent]) => sum + percent, 0);
  const [first] = halves;
  if (first) first[1] += rest;
  return Object.fromEntries(halves.filter(([, percent]) => percent > 0));
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
