import { createHash } from 'node:crypto';
import type { Clock } from '../../release/clock.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Authenticate, Principal } from '../authenticate.ts';
import { type Credential, credentialOf } from './credentials.ts';
import { createTokenBuckets } from './token-buckets.ts';

/** Wrong credentials of one address: so many at once, then one every three seconds. */
const failures = { perSecond: 1 / 3, burst: 20 };
/** So many credentials are known to have been right. */
const mostKnown = 1000;

/** What rate limits need. */
export interface RateLimitDeps {
  clock: Clock;
  /** Of one caller; five times as many may come at once. */
  requestsPerSecond: number;
  /** Of the session's cookie. */
  cookieName: string;
}

/**
 * An authentication that each caller may use so often, and each address may get wrong so often; from
 * then on nothing is looked up for it. Who was let in before, or has a session, is let in while others
 * at the same address guess: a rollback must not wait for them.
 * @throws RateLimitedError with `details.retryAfterSeconds`, by what it returns.
 */
export function withRateLimits(
  authenticate: Authenticate,
  { clock, requestsPerSecond, cookieName }: RateLimitDeps,
): Authenticate {
  const callers = createTokenBuckets(
    { perSecond: requestsPerSecond, burst: requestsPerSecond * 5 },
    clock,
  );
  const strangers = createTokenBuckets(failures, clock);
  const known = new Set<string>();

  function remember(credential: string): void {
    known.delete(credential);
    known.add(credential);
    const [oldest] = known;
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
  }

  return async (request) => {
    const credential = credentialOf(request, cookieName);
    const address = addressKey(request.remoteAddress);
    const digest = digestOf(credential);
    const isLookedUp = digest !== null && credential.kind !== 'cookie' && !known.has(digest);
    if (isLookedUp) throwIfMany(strangers.waitSeconds(address), 'wrong credentials');
    const principal = await authenticate(request);
    if (principal) {
      if (digest !== null) remember(digest);
      throwIfMany(callers.take(callerKey(principal)), 'requests');
    } else if (digest !== null) {
      known.delete(digest);
      throwIfMany(strangers.take(address), 'wrong credentials');
    }
    return principal;
  };
}

function throwIfMany(waitSeconds: number, what: string): void {
  if (waitSeconds === 0) return;
  const retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
  throw new VerdigrisError(
    'RateLimitedError',
    `there were too many ${what}; try again in ${retryAfterSeconds} s`,
    { details: { retryAfterSeconds } },
  );
}

/** Holders of the shared token may call themselves as they like: together they are one caller. */
function callerKey({ actor, via, session }: Principal): string {
  const isShared = via === 'shared-token' || session?.with === 'shared-token';
  return `${via}:${isShared ? '' : actor}`;
}

/** Null for a request without a credential, and for one that API Gateway has checked: no guesses. */
function digestOf(credential: Credential): string | null {
  if (!('text' in credential)) return null;
  return createHash('sha256').update(credential.text).digest('base64');
}

/** One customer of a provider has a whole /64 of IPv6 (RFC 6177); an IPv4 address stands alone. */
export function addressKey(address: string | null): string {
  if (address === null) return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped || !address.includes(':')) return mapped ?? address;
  const [front = '', back] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = front.split(':').filter((it) => it !== '');
  const missing = back === undefined ? 0 : 8 - groups.length - back.split(':').length;
  const padded = [...groups, ...Array(Math.max(0, missing)).fill('0'), ...(back ?? '').split(':')];
  return `${padded
    .slice(0, 4)
    .map((it) => it.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
