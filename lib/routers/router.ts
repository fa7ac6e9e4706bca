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
  /** Every environment that `weights` names; of a shift forwards both sides of the release. */
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
  /** Takes traffic back to where it was. A router of several doors goes through all of them then. */
  isWayBack?: boolean;
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

/** Whether the route could take a shift now. */
export interface Readiness {
  /**
   * `ready`: nothing stands in the way. `unprepared`: `prepare` has to change something first.
   * `pending`: it is being waited for.
   */
  status: 'ready' | 'unprepared' | 'pending';
  /** What is missing, in one line; empty when it is ready. */
  reason: string;
  /** When to look again, in seconds. */
  retryAfterSeconds: number;
}

/** Decides which environment of one service gets how much traffic. */
export interface Router {
  readonly facts: RouterFacts;
  /**
   * The live route. Never cached. Each side is named by what the provider itself says: a tag, a set
   * identifier, a marker, else the thing's own name (docs/decisions/017).
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
  /**
   * Takes back what can be, where `read` fails because one of several doors can't be read: the others go
   * to `desired`, save those that send traffic to a side that is not among `own` (rule 9). Idempotent,
   * and throws nothing: whoever asked goes on asking `read`. Absent in a router with one door.
   */
  takeBack?(desired: DesiredRoute, own: readonly string[], lease: Lease): Promise<void>;
  /** Whether every client that the provider knows of follows the desired weights. */
  verify(desired: DesiredRoute): Promise<'converged' | 'pending'>;

  /**
   * Looks, before every shift forwards and never before a rollback, whether the route could take it:
   * both sides are registered and healthy, clients have let go of long-lived answers. Changes nothing.
   * Absent where there is nothing to look at.
   * @param desired The shift, with both sides of the release in `environments`.
   * @throws RouteUnreadyError when waiting would not help.
   */
  readiness?(desired: DesiredRoute): Promise<Readiness>;
  /**
   * Changes what `readiness` calls unprepared, without moving traffic: attaches green with no weight,
   * lowers the time for which clients keep an answer. Idempotent. Where `isConditional` is false, it
   * is not followed by a shift before its lease is over.
   * @throws RouteConflictError, LeaseExpiredError, RouterUnavailableError, ThrottledError as `apply`.
   */
  prepare?(desired: DesiredRoute, lease: Lease): Promise<void>;
  /**
   * Puts back what `prepare` changed besides the sides, once a release has ended. Idempotent, leaves
   * traffic alone, and only conditional changes are made here.
   */
  tidy?(lease: Lease): Promise<void>;
  /**
   * Takes an environment that gets no traffic out of the route, so that nothing refers to it when it
   * is removed. `pending` while its last connections are being let go. Idempotent.
   * @throws EnvironmentInUseError when it gets traffic; nothing is changed.
   * @throws LeaseExpiredError, RouterUnavailableError, ThrottledError as `apply`.
   */
  detach?(environment: EnvironmentRef, lease: Lease): Promise<'detached' | 'pending'>;
}
