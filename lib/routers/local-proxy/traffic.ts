/**
 * How a request ended. `answered`: by its environment, whatever the status. `side-failed`: its
 * environment refused, reset, broke off or kept silent. `switch-failed`: the proxy itself failed it
 * because of routing: drain time over, no route, no address, or its environment was stopped after
 * the traffic had left. `client-gone`: nobody waited for the answer any more.
 */
export type RequestOutcome = 'answered' | 'side-failed' | 'switch-failed' | 'client-gone';

/** A request that is over, as the proxy reports it. */
export interface FinishedRequest {
  service: string;
  /** Null when there was no route. */
  environmentId: string | null;
  /** What the client got; 101 for an upgraded socket, 0 when it got nothing. */
  status: number;
  /** Milliseconds until the answer began; null when none began. */
  latencyMs: number | null;
  outcome: RequestOutcome;
}
