import type { Weights } from '../../release/document.ts';
import type { Side } from './side.ts';

/**
 * A route as requests see it: immutable, held in one variable per service, so that a switch is one
 * assignment and every request sees either the old route or the new one.
 */
export interface LiveRoute {
  readonly weights: Weights;
  readonly revision: number;
  /** The side for the next request, or undefined when nothing is routed. */
  pick(): Side | undefined;
  /** The side with this id if it has weight. */
  sideOf(environmentId: string): Side | undefined;
  /** The same for what a sticky cookie calls it. */
  sideBySticky(sticky: string): Side | undefined;
}

/** The route before the first one. */
export const noRoute: LiveRoute = {
  weights: {},
  revision: 0,
  pick: () => undefined,
  sideOf: () => undefined,
  sideBySticky: () => undefined,
};

/** A route over these sides; every id in `weights` with weight has its side among them. */
export function createLiveRoute(
  weights: Weights,
  revision: number,
  sides: ReadonlyMap<string, Side>,
): LiveRoute {
  const live = new Map<string, Side>();
  const shares: Share[] = [];
  let total = 0;
  for (const [id, weight] of Object.entries(weights)) {
    const side = sides.get(id);
    if (!side || weight === 0) continue;
    live.set(id, side);
    total += weight;
    shares.push({ side, below: (total / 100) * 2 ** 32 });
  }
  return {
    weights: Object.freeze({ ...weights }),
    revision,
    pick: createPicker(shares),
    sideOf: (id) => live.get(id),
    sideBySticky: (sticky) => shares.find(({ side }) => side.sticky === sticky)?.side,
  };
}

interface Share {
  side: Side;
  /** Upper end of its part of the 32-bit circle, exclusive. */
  below: number;
}

/** 2^32 divided by the golden ratio, odd: the steps visit every number once before one comes again. */
const goldenStep = 0x9e3779b1;

/**
 * Walks around a circle in golden-ratio steps (a Weyl sequence) and takes the side whose arc it
 * meets. Shares are exact in the long run and off by a request or two in any hundred, as with smooth
 * weighted round robin; but unlike there, any regular part of the traffic gets the same shares too.
 * Round robin at 50/50 would send a client's every first request to blue and every second one to
 * green, and then blue and green would not be comparable.
 */
function createPicker(shares: readonly Share[]): () => Side | undefined {
  const only = shares.length === 1 ? shares[0]?.side : undefined;
  if (only) return () => only;
  let position = 0;
  return () => {
    position = (position + goldenStep) >>> 0;
    return shares.find((share) => position < share.below)?.side;
  };
}
