import { VerdigrisError } from '../../release/errors.ts';
import type { BareGroup, Group } from './actions.ts';

/** "Target Groups per Action per Application Load Balancer: 5", not adjustable. */
export const groupsPerAction = 5;

/** Weights go up to 999, so that a hundred percent can be written in nine ways. */
const generations = 9;

/** What a target group is to get, in whole percent. */
export interface Share {
  arn: string;
  percent: number;
}

/**
 * The groups with these shares. Those that are not named get nothing, and stay: they go on being
 * health-checked, and a rollback is one call. Weights are relative, so each write multiplies them by
 * another number: the same shares written again are another route, and a change that was read before
 * it is refused.
 * @param live The groups as they are. @param kept Those of them that may stay.
 */
export function withShares(
  live: readonly Group[],
  kept: readonly Group[],
  shares: readonly Share[],
): BareGroup[] {
  const factor = nextGeneration(live);
  const percents = new Map(shares.map(({ arn, percent }) => [arn, percent]));
  const added = shares.filter(({ arn }) => live.every((group) => group.arn !== arn));
  const arns = [...kept, ...added].map(({ arn }) => arn);
  const all = arns.map((arn) => ({ arn, weight: (percents.get(arn) ?? 0) * factor }));
  return withRoom(all, kept, new Set(percents.keys()));
}

function nextGeneration(groups: readonly Group[]): number {
  const generation = groups.reduce((sum, { weight }) => sum + weight, 0) / 100;
  return Number.isInteger(generation) ? (generation % generations) + 1 : 1;
}

/**
 * The groups and these with no weight.
 * @param sides Groups that must stay, whether they get traffic or not.
 */
export function withAttached(
  groups: readonly Group[],
  missing: readonly Group[],
  sides: readonly Group[],
): BareGroup[] {
  const added = missing.map(({ arn }) => ({ arn, weight: 0 }));
  const needed = new Set(sides.map(({ arn }) => arn));
  return withRoom([...groups.map(toBare), ...added], groups, needed);
}

/** The groups without one of them. */
export function withoutGroup(groups: readonly Group[], arn: string): BareGroup[] {
  return groups.filter((group) => group.arn !== arn).map(toBare);
}

/**
 * Groups that an action has room for. Where it is full, groups that were made for earlier releases and
 * get no traffic leave it, the one that was attached first before the others.
 * @throws RouteUnreadyError where none of those is left.
 */
function withRoom(
  wanted: readonly BareGroup[],
  groups: readonly Group[],
  needed: ReadonlySet<string>,
): BareGroup[] {
  const excess = wanted.length - groupsPerAction;
  if (excess <= 0) return [...wanted];
  const idle = groups.filter(
    ({ releaseId, weight, arn }) => releaseId && weight === 0 && !needed.has(arn),
  );
  if (idle.length < excess) throw noRoom(groups);
  const leaving = new Set(idle.slice(0, excess).map(({ arn }) => arn));
  return wanted.filter(({ arn }) => !leaving.has(arn));
}

function noRoom(groups: readonly Group[]): VerdigrisError {
  const known = groups.map(({ id, weight }) => `${id} (weight ${weight})`).join(', ');
  return new VerdigrisError(
    'RouteUnreadyError',
    `the action has ${groups.length} target groups, ${known}, and takes ${groupsPerAction}; take one that nobody needs out of it`,
  );
}

function toBare({ arn, weight }: Group): BareGroup {
  return { arn, weight };
}
