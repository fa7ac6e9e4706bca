import type { DistributionConfig, Origin, OriginGroup } from '@aws-sdk/client-cloudfront';
import { VerdigrisError } from '../../release/errors.ts';
import type { Route } from '../router.ts';
import { revisionOf } from './conditional.ts';

/** A distribution as it was read. */
export interface SeenDistribution {
  etag: string;
  config: DistributionConfig;
  /** Every edge location has this configuration. */
  isDeployed: boolean;
}

/** Where in a distribution the route is. */
export interface Place {
  distributionId: string;
  /** Path pattern of a cache behavior; the default one if absent. */
  behavior?: string | undefined;
  /** Id of an origin that counts as nothing. */
  placeholder?: string | undefined;
}

/** The header that says which change led to an origin. The origin gets it with every request. */
export const changeHeader = 'verdigris-change';

/**
 * The side that gets the traffic of a behavior: the id of its origin, or of the primary one where it
 * leads to an origin group.
 * @throws ConfigInvalidError when there is no such behavior.
 */
export function sideOf(config: DistributionConfig, place: Place): string {
  const target = targetOf(config, place);
  return primaryOf(groupOf(config, target)) ?? target;
}

/** A distribution as a route: all traffic of the behavior goes to one origin. */
export function toRoute({ config, etag }: SeenDistribution, place: Place): Route {
  const side = sideOf(config, place);
  const change = changeOf(findOrigin(config, side));
  return {
    weights: side === place.placeholder ? {} : { [side]: 100 },
    revision: revisionOf(etag, side, change),
  };
}

/** The configuration with all traffic of the behavior on this side, and nothing else changed. */
export function withSide(
  config: DistributionConfig,
  place: Place,
  side: string,
): DistributionConfig {
  const target = targetOf(config, place);
  const group = groupOf(config, target);
  return group ? withPrimary(config, group, side) : withTarget(config, place, side);
}

function withTarget(config: DistributionConfig, { behavior }: Place, side: string) {
  if (behavior === undefined) {
    const defaultBehavior = config.DefaultCacheBehavior;
    return {
      ...config,
      DefaultCacheBehavior: defaultBehavior && { ...defaultBehavior, TargetOriginId: side },
    };
  }
  const items = behaviorsOf(config).map((it) =>
    it.PathPattern === behavior ? { ...it, TargetOriginId: side } : it,
  );
  return {
    ...config,
    CacheBehaviors: { ...config.CacheBehaviors, Quantity: items.length, Items: items },
  };
}

function withPrimary(config: DistributionConfig, group: OriginGroup, side: string) {
  const [, ...failover] = group.Members?.Items ?? [];
  if (failover.some((it) => it.OriginId === side)) {
    const message = `origin ${side} is what origin group ${group.Id} falls back to; it can't be its primary one too`;
    throw new VerdigrisError('RequestInvalidError', message);
  }
  const members = [{ OriginId: side }, ...failover];
  const changed = { ...group, Members: { Quantity: members.length, Items: members } };
  const items = groupsOf(config).map((it) => (it.Id === group.Id ? changed : it));
  return { ...config, OriginGroups: { Quantity: items.length, Items: items } };
}

/** The configuration with one origin more. */
export function withOrigin(config: DistributionConfig, origin: Origin): DistributionConfig {
  return withOrigins(config, [...originsOf(config), origin]);
}

/** The configuration without this origin. */
export function withoutOrigin(config: DistributionConfig, id: string): DistributionConfig {
  return withOrigins(
    config,
    originsOf(config).filter((it) => it.Id !== id),
  );
}

/** The configuration in which this origin says what led to it. */
export function withChange(
  config: DistributionConfig,
  id: string,
  change: string,
): DistributionConfig {
  const mark = { HeaderName: changeHeader, HeaderValue: change };
  return withOrigins(
    config,
    originsOf(config).map((it) => (it.Id === id ? withHeaders(it, [...ownHeaders(it), mark]) : it)),
  );
}

/** An origin without what a change wrote on it. */
export function withoutChange(origin: Origin): Origin {
  return withHeaders(origin, ownHeaders(origin));
}

/** The origin with this id. */
export function findOrigin(config: DistributionConfig, id: string): Origin | undefined {
  return originsOf(config).find((it) => it.Id === id);
}

/** What of a distribution refers to an origin, in words: behaviors and origin groups. */
export function usersOf(config: DistributionConfig, id: string): string[] {
  const behaviors = behaviorsOf(config).filter((it) => it.TargetOriginId === id);
  const groups = groupsOf(config).filter((group) =>
    group.Members?.Items?.some((it) => it.OriginId === id),
  );
  return [
    ...(config.DefaultCacheBehavior?.TargetOriginId === id ? ['the default behavior'] : []),
    ...behaviors.map((it) => `behavior ${it.PathPattern}`),
    ...groups.map((it) => `origin group ${it.Id}`),
  ];
}

function targetOf(config: DistributionConfig, { distributionId, behavior }: Place): string {
  if (behavior === undefined) return config.DefaultCacheBehavior?.TargetOriginId ?? '';
  const known = behaviorsOf(config);
  const found = known.find((it) => it.PathPattern === behavior);
  if (found) return found.TargetOriginId ?? '';
  const patterns = known.map((it) => it.PathPattern).join(', ') || 'the default one only';
  throw new VerdigrisError(
    'ConfigInvalidError',
    `distribution ${distributionId} has no behavior "${behavior}": it has ${patterns}; correct router.behavior`,
  );
}

function changeOf(origin: Origin | undefined): string {
  const header = origin?.CustomHeaders?.Items?.find((it) => it.HeaderName === changeHeader);
  return header?.HeaderValue ?? '';
}

function ownHeaders(origin: Origin) {
  return (origin.CustomHeaders?.Items ?? []).filter((it) => it.HeaderName !== changeHeader);
}

function withHeaders(origin: Origin, headers: ReturnType<typeof ownHeaders>): Origin {
  const items = headers.length > 0 ? { Items: headers } : {};
  return { ...origin, CustomHeaders: { Quantity: headers.length, ...items } };
}

function withOrigins(config: DistributionConfig, items: Origin[]): DistributionConfig {
  return { ...config, Origins: { Quantity: items.length, Items: items } };
}

function primaryOf(group: OriginGroup | undefined): string | undefined {
  return group?.Members?.Items?.[0]?.OriginId;
}

function groupOf(config: DistributionConfig, id: string): OriginGroup | undefined {
  return groupsOf(config).find((it) => it.Id === id);
}

const originsOf = (config: DistributionConfig) => config.Origins?.Items ?? [];
const groupsOf = (config: DistributionConfig) => config.OriginGroups?.Items ?? [];
const behaviorsOf = (config: DistributionConfig) => config.CacheBehaviors?.Items ?? [];
