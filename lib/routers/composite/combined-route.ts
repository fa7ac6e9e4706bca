import type { Weights } from '../../release/document.ts';
import { hasSameWeights } from '../route-plan.ts';
import type { Route, RouterFacts } from '../router.ts';

/**
 * What several doors of one service are together. Where they agree, their route; where they don't, the
 * mean of their weights, which is no route that anybody asked for. A door that nothing is routed
 * through yet has no say. Revisions stand side by side, so that a change of any door is one of all.
 */
export function combineRoutes(routes: readonly Route[]): Route {
  const revision = routes.map((route) => route.revision).join(' | ');
  const open = routes.map(({ weights }) => weights).filter((weights) => total(weights) > 0);
  const [first] = open;
  if (!first) return { weights: {}, revision };
  const isOne = open.every((weights) => hasSameWeights(weights, first));
  return { weights: isOne ? { ...first } : disagreement(open), revision };
}

/** What several doors can do together: what the least of them can. */
export function combineFacts(facts: readonly RouterFacts[]): RouterFacts {
  return {
    isAtomic: false,
    isConditional: facts.every((it) => it.isConditional),
    supportsWeights: facts.every((it) => it.supportsWeights),
    maxPropagationSeconds: Math.max(...facts.map((it) => it.maxPropagationSeconds)),
  };
}

function total(weights: Weights): number {
  return Object.values(weights).reduce((sum, percent) => sum + percent, 0);
}

/** Whole percent that add up to 100, near the mean, and are not the weights of any door. */
function disagreement(doors: readonly Weights[]): Weights {
  const mean = meanOf(doors);
  const [most, second] = mean.toSorted(([, a], [, b]) => b - a);
  if (!most || !second) return Object.fromEntries(mean);
  // One of as many candidates as there are doors, and one more, is no door's.
  const candidates = Array.from({ length: doors.length + 1 }, (_, moved) => {
    const changed = { [most[0]]: most[1] - moved, [second[0]]: second[1] + moved };
    const all = Object.entries({ ...Object.fromEntries(mean), ...changed });
    return Object.fromEntries(all.filter(([, percent]) => percent > 0));
  });
  const isNobodys = (weights: Weights) => !doors.some((door) => hasSameWeights(door, weights));
  return candidates.find(isNobodys) ?? Object.fromEntries(mean);
}

/** The mean in whole percent; the heaviest gets what is left over. */
function meanOf(doors: readonly Weights[]): [id: string, percent: number][] {
  const ids = [...new Set(doors.flatMap((weights) => Object.keys(weights)))];
  const mean = ids.map((id): [string, number] => {
    const sum = doors.reduce((all, weights) => all + (weights[id] ?? 0), 0);
    return [id, Math.floor(sum / doors.length)];
  });
  const rest = 100 - mean.reduce((sum, [, percent]) => sum + percent, 0);
  const heaviest = mean.toSorted(([, a], [, b]) => b - a)[0];
  if (heaviest) heaviest[1] += rest;
  return mean;
}
