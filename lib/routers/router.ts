import type { EnvironmentRef, Weights } from '../release/document.ts';

/** A route as the provider has it. */
export interface Route {
  /** Whole percent per environment id; empty when nothing is routed yet. Adds up to 100 otherwise. */
  weights: Weights;
  /** Changes with every change of the route, whoever makes it. */
  revision: string;
}

/** A route as somebody wants it. */
export interface DesiredRoute {
  weights: Weights;
  /** Every environment that `weights` names. */
  environments: EnvironmentRef[];
}

/** What `apply` will do: from exactly this route to that one. */
export interface RoutePlan {
  from: Route;
  to: DesiredRoute;
}

/**
 * The right to change a route for a short time. A change is refused after the deadline, so that a
 * call that was presumed dead cannot move traffic later (rule 4).
 */
export interface Lease {
  releaseId: string;
  /** Epoch of the service's lock under which the change was decided. */
  epoch: number;
  /** Milliseconds since the Unix epoch after which the change must not take effect. */
  deadlineMs: number;
}

/** What a router's provider can do. */
export interface RouterFacts {
  /** A change takes effect at one moment for every new request. */
  isAtomic: boolean;
  /** The provider refuses a change whose `from` is no longer the live route (compare-and-swap). */
  isConditional: boolean;
  supportsWeights: boolean;
  /** Seconds until the last client follows a change. */
  maxPropagationSeconds: number;
}

/** Decides which environment of one service gets how much traffic. */
export interface Router {
  readonly facts: RouterFacts;
  /**
   * The live route. Never cached.
   * @throws RouterUnavailableError or ThrottledError, both worth a repetition.
   */
  read(): Promise<Route>;
  /**
   * Pure. Checks that the desired weights are whole, add up to 100 and name known environments.
   * @throws RequestInvalidError when they do not, or the provider has no weights and they are split.
   */
  plan(current: Route, desired: DesiredRoute): RoutePlan;
  /**
   * Changes the route and returns it as the provider then has it. Applying the same weights again is
   * a change too: the revision moves, so that an older conditional change can no longer win.
   * @throws RouteConflictError when the live route is no longer `plan.from`; nothing is changed.
   * @throws LeaseExpiredError after the lease's deadline; nothing is changed.
   * @throws RouterUnavailableError or ThrottledError.
   */
  apply(plan: RoutePlan, lease: Lease): Promise<Route>;
  /** Whether every client that the provider knows of follows the desired weights. */
  verify(desired: DesiredRoute): Promise<'converged' | 'pending'>;
}
