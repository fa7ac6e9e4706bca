import type { AliasConfiguration } from '@aws-sdk/client-lambda';
import type { Weights } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Lease, Route } from '../router.ts';

/** Revision of an alias that is not there yet. */
export const noRevision = 'none';

/** An alias as CreateAlias and UpdateAlias take it. */
export interface AliasTarget {
  FunctionVersion: string;
  RoutingConfig: { AdditionalVersionWeights: Record<string, number> };
}

/** An alias as a route: the main version has what the additional ones leave. Null is no alias. */
export function toRoute(alias: AliasConfiguration | null): Route {
  if (!alias) return { weights: {}, revision: noRevision };
  const others = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {})
    .filter(([, share]) => share > 0)
    .map(([version, share]) => [version, toPercent(share)] as const);
  const taken = others.reduce((sum, [, percent]) => sum + percent, 0);
  const main = taken < 100 ? [[alias.FunctionVersion ?? '', 100 - taken] as const] : [];
  return {
    weights: Object.fromEntries([...main, ...others]),
    revision: alias.RevisionId ?? noRevision,
  };
}

/** A share of less than half a percent, set by somebody else, is still traffic: it counts as one. */
function toPercent(share: number): number {
  return Math.max(1, Math.round(share * 100));
}

/**
 * Weights as an alias: the heavier version is the main one, which AWS gives the rest to. At 50/50 the
 * main one stays what it is, so that nothing changes that was not asked for. An empty object is said
 * explicitly: an absent one would leave old weights in place.
 */
export function toTarget(weights: Weights, presentMain: string | undefined): AliasTarget {
  const sides = Object.entries(weights).filter(([, percent]) => percent > 0);
  const heaviest = Math.max(...sides.map(([, percent]) => percent));
  const candidates = sides.filter(([, percent]) => percent === heaviest).map(([id]) => id);
  const main = candidates.find((id) => id === presentMain) ?? candidates[0] ?? '';
  const others = sides.filter(([id]) => id !== main).map(([id, percent]) => [id, percent / 100]);
  return {
    FunctionVersion: main,
    RoutingConfig: { AdditionalVersionWeights: Object.fromEntries(others) },
  };
}

/**
 * What an alias cannot be: more than two versions, or anything but published ones
 * (dg/configuring-alias-routing).
 * @throws RequestInvalidError
 */
export function throwIfNotAliasable({ weights }: { weights: Weights }): void {
  const ids = Object.keys(weights).filter((id) => (weights[id] ?? 0) > 0);
  const odd = ids.find((id) => !/^[1-9]\d*$/.test(id));
  if (odd !== undefined) throw invalid(`"${odd}" is not the number of a published version`);
  if (ids.length > 2)
    throw invalid(`an alias leads to two versions at most, not ${ids.join(', ')}`);
}

/**
 * The alias's description: who moved it last, for the audit. It names the revision that it follows, so
 * that the same weights written again are still another configuration with a revision of its own.
 */
export function describeChange({ releaseId, epoch }: Lease, { revision }: Route): string {
  return `verdigris release=${releaseId} epoch=${epoch} after=${revision.slice(0, 8)}`.slice(
    0,
    256,
  );
}

function invalid(message: string): VerdigrisError {
  return new VerdigrisError('RequestInvalidError', message);
}
