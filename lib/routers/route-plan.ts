import type { Weights } from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { DesiredRoute, Route, RoutePlan, RouterFacts } from './router.ts';

/**
 * What every router's `plan` does: pure, checks rule 1 and what the provider can do.
 * @throws RequestInvalidError naming the first thing that is wrong with the desired weights.
 */
export function planRoute(current: Route, desired: DesiredRoute, facts: RouterFacts): RoutePlan {
  const problem = findProblem(desired, facts);
  if (problem) {
    throw new VerdigrisError(
      'RequestInvalidError',
      `weights ${describeWeights(desired.weights)}: ${problem}`,
      { details: { weights: desired.weights } },
    );
  }
  return { from: current, to: desired };
}

function findProblem({ weights, environments }: DesiredRoute, facts: RouterFacts): string | null {
  const entries = Object.entries(weights);
  const odd = entries.find(([, weight]) => !Number.isInteger(weight) || weight < 0 || weight > 100);
  if (odd) return `${odd[0]} has ${odd[1]}; a weight is a whole percentage from 0 to 100`;
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  if (sum !== 100) return `add up to ${sum}; they must add up to 100`;
  const known = environments.map((environment) => environment.id);
  const stranger = entries.find(([id]) => !known.includes(id));
  if (stranger) {
    return `"${stranger[0]}" is not among the environments given (${known.join(', ') || 'none'})`;
  }
  if (!facts.supportsWeights && entries.filter(([, weight]) => weight > 0).length > 1) {
    return 'are split, and this router can only send all traffic to one environment';
  }
  return null;
}

/** True when both send the same share to the same environments; an absent id counts as 0. */
export function hasSameWeights(a: Weights, b: Weights): boolean {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...ids].every((id) => (a[id] ?? 0) === (b[id] ?? 0));
}

/** Weights for an error message: `blue 95, green 5`, or `nothing`. */
export function describeWeights(weights: Weights): string {
  const parts = Object.entries(weights).map(([id, weight]) => `${id} ${weight}`);
  return parts.join(', ') || 'nothing';
}

/** A route for an error message: its weights and its revision. */
export function describeRoute(route: Route): string {
  return `${describeWeights(route.weights)} (revision ${route.revision})`;
}

/** The error for a route that was changed by somebody else, with both routes in its message. */
export function routeConflict(expected: Route, live: Route): VerdigrisError {
  return new VerdigrisError(
    'RouteConflictError',
    `the live route is ${describeRoute(live)}, not ${describeRoute(expected)} as expected: ` +
      'somebody else changed it, and nothing was overwritten',
    { details: { expected, live } },
  );
}

/** The error for a change that came after its lease's deadline. Times in milliseconds since the epoch. */
export function leaseExpired(deadlineMs: number, nowMs: number): VerdigrisError {
  return new VerdigrisError(
    'LeaseExpiredError',
    `the lease ended ${Math.max(0, nowMs - deadlineMs)} ms ago, so the route was not changed: ` +
      'take a new lease and decide again',
    { details: { deadlineMs, nowMs } },
  );
}
