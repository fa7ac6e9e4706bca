import { z } from 'zod';
import type { EnvironmentRef, Weights } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { DesiredRoute, Route } from '../router.ts';
import { revisionOf } from './conditional.ts';
import { noPlace, placeOf } from './origin.ts';

/** More does not fit into a value (file format for key-value pairs: 1024 characters). */
const longestValue = 1024;

const originSchema = z.looseObject({
  domainName: z.string().min(1),
  originPath: z.string().optional(),
});

const valueSchema = z
  .looseObject({
    weights: z.record(z.string(), z.int().min(0).max(100)),
    origins: z.record(z.string(), originSchema).default({}),
    change: z.string().default(''),
    at: z.number().default(0),
  })
  .refine(({ weights }) => [0, 100].includes(sumOf(weights)));

/** The value of the key: what the function at the edge reads. What people add to it stays. */
export type RouteValue = z.output<typeof valueSchema>;

/** A store as it was read. */
export interface SeenStore {
  etag: string;
  value: RouteValue;
}

/**
 * The value as it was written. One that is missing or no route leads nowhere: the function leaves such
 * requests to the distribution's own origin.
 */
export function parseValue(text: string | undefined): RouteValue {
  const parsed = valueSchema.safeParse(parseJson(text ?? ''));
  return parsed.success ? parsed.data : { weights: {}, origins: {}, change: '', at: 0 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A value as a route. */
export function toRoute({ etag, value: { weights, change } }: SeenStore): Route {
  const shares = withTraffic(weights);
  return { weights: shares, revision: revisionOf(etag, JSON.stringify(shares), change) };
}

/** What a change adds to the route itself. */
export interface Change {
  change: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/**
 * The value with these weights. Origins stay until their environment is detached, so that a rollback
 * finds blue's; those that are there are not changed.
 * @throws RequestInvalidError for a side that nobody says the origin of, or more than a value holds.
 */
export function withWeights(live: RouteValue, to: DesiredRoute, change: Change): RouteValue {
  const weights = withTraffic(to.weights);
  const sides = to.environments.filter(({ id }) => id in weights && !(id in live.origins));
  const origins = Object.fromEntries(sides.map((side) => [side.id, originOf(side)]));
  const next = { ...live, weights, origins: { ...live.origins, ...origins }, ...change };
  throwIfTooLong(next);
  return next;
}

/** The value without this origin. */
export function withoutOrigin(live: RouteValue, id: string): RouteValue {
  const { [id]: _, ...origins } = live.origins;
  return { ...live, origins };
}

function originOf(environment: EnvironmentRef): z.output<typeof originSchema> {
  const place = placeOf(environment);
  if (!place) throw noPlace(environment);
  const { domainName, originPath } = place;
  return originPath === undefined ? { domainName } : { domainName, originPath };
}

function throwIfTooLong(value: RouteValue): void {
  const { length } = JSON.stringify(value);
  if (length <= longestValue) return;
  const sides = Object.keys(value.origins).join(', ');
  throw new VerdigrisError(
    'RequestInvalidError',
    `the route has ${length} characters, and a key value store takes ${longestValue}; its origins are ${sides}: retire some, or shorten their names`,
  );
}

function withTraffic(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([, percent]) => percent > 0));
}

function sumOf(weights: Weights): number {
  return Object.values(weights).reduce((sum, percent) => sum + percent, 0);
}
