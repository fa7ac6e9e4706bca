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

/** Whole percent that add up to 100 and are not the weights of any door. */
function disagreement(doors: readonly Weights[]): Weights {
  const ids = [...new Set(doors.flatMap((weights) => Object.keys(weights)))];
  const mean = ids.map((id) => {
    const sum = doors.reduce((all, weights) => all + (weights[id] ?? 0), 0);
    return [id, Math.floor(sum / doors.length)] as [string, number];
  });
  const rest = 100 - mean.reduce((sum, [, percent]) => sum + percent, 0);
  const byWeight = mean.toSorted(([, a], [, b]) => b - a);
  const [most, second] = byWeight;
  if (most) most[1] += rest;
  const isSome = doors.some((weights) => hasSameWeights(weights, Object.fromEntries(byWeight)));
  if (isSome && most && second) {
    most[1] -= 1;
    second[1] += 1;
  }
  return Object.fromEntries(byWeight.filter(([, percent]) => percent > 0));
}
