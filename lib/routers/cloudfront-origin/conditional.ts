import { createHash } from 'node:crypto';
import { VerdigrisError } from '../../release/errors.ts';
import { hasSameWeights, routeConflict } from '../route-plan.ts';
import type { Lease, Route } from '../router.ts';
import { type Time, throwIfExpired, withinLease } from '../within-lease.ts';
import { isStale } from './errors.ts';

/**
 * The revision of a route that is a part of something larger, which has the ETag: both, since others
 * change the rest of it (another service's behavior, another key), and CloudFront itself moves ETags when
 * a policy changes that a distribution refers to.
 */
export function revisionOf(etag: string, ...part: string[]): string {
  return `${etag}/${digest(part)}`;
}

/** Twelve hexadecimal digits that stand for this text. */
export function digest(text: string | readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 12);
}

/** What a revision says of our own part. */
export function partOf({ revision }: Route): string {
  return revision.slice(revision.lastIndexOf('/') + 1);
}

/** @throws RouteConflictError when the live route is not the one that was planned from (rule 9). */
export function throwIfOther(from: Route, live: Route): void {
  if (partOf(from) === partOf(live) && hasSameWeights(from.weights, live.weights)) return;
  throw routeConflict(from, live);
}

/** Who changed a route last and what it followed: makes every write a change, so that the ETag moves. */
export function describeChange({ releaseId, epoch }: Lease, { revision }: Route): string {
  return `release=${releaseId} epoch=${epoch} after=${revision}`;
}

/** Somebody else may change the rest of it under our hands this often. */
const attempts = 4;

/** A read, what it is to become, and a write on condition that it is still as it was read. */
export interface ConditionalChange<Seen, Next> {
  look(): Promise<Seen>;
  /** Null leaves it. Throws where it is not as expected. */
  decide(seen: Seen): Next | null;
  write(seen: Seen, next: Next, signal: AbortSignal): Promise<Seen>;
}

/**
 * Looks, decides, and writes if nothing changed in between; looks again where something did. Nothing is
 * sent after the lease.
 * @throws LeaseExpiredError, whatever `decide` throws, and RouterUnavailableError after several attempts.
 */
export async function changeConditionally<Seen, Next>(
  lease: Lease,
  time: Time,
  { look, decide, write }: ConditionalChange<Seen, Next>,
): Promise<Seen> {
  throwIfExpired(lease, time.clock);
  for (let tried = 1; tried <= attempts; tried += 1) {
    const seen = await look();
    const next = decide(seen);
    if (next === null) return seen;
    throwIfExpired(lease, time.clock);
    try {
      return await withinLease(lease, time, (signal) => write(seen, next, signal));
    } catch (error) {
      if (!isStale((error as Error).cause)) throw error;
    }
  }
  const message = `somebody else changes it all the time: ${attempts} conditional writes were refused`;
  throw new VerdigrisError('RouterUnavailableError', message);
}
