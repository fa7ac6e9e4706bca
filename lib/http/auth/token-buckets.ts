import type { Clock } from '../../release/clock.ts';

/** How much is let through. */
export interface BucketOptions {
  /** What comes back in a second, for ever. */
  perSecond: number;
  /** What may come at once after a pause. */
  burst: number;
  /** So many buckets are kept; the one that was not used for longest goes first. 10,000 if absent. */
  mostBuckets?: number;
}

/** A bucket of tokens per key, https://en.wikipedia.org/wiki/Token_bucket. */
export interface TokenBuckets {
  /** Takes one; 0 when there was one, else the seconds until there is. */
  take(key: string): number;
  /** The same without taking. */
  waitSeconds(key: string): number;
  /** Buckets in memory. */
  readonly size: number;
}

/**
 * Token buckets in memory. A bucket that has filled up again is as good as none, so whatever is forgotten
 * makes the limit milder, never stricter.
 */
export function createTokenBuckets(
  { perSecond, burst, mostBuckets = 10_000 }: BucketOptions,
  clock: Clock,
): TokenBuckets {
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  function tokensOf(key: string): number {
    const bucket = buckets.get(key);
    if (!bucket) return burst;
    const elapsedMs = Math.max(0, clock.now() - bucket.atMs);
    return Math.min(burst, bucket.tokens + (elapsedMs / 1000) * perSecond);
  }

  function put(key: string, tokens: number): void {
    buckets.delete(key);
    buckets.set(key, { tokens, atMs: clock.now() });
    const [oldest] = buckets.keys();
    if (buckets.size > mostBuckets && oldest !== undefined) buckets.delete(oldest);
  }

  const waitFor = (tokens: number) => (tokens >= 1 ? 0 : (1 - tokens) / perSecond);
  return {
    take(key) {
      const tokens = tokensOf(key);
      if (tokens >= 1) put(key, tokens - 1);
      return waitFor(tokens);
    },
    waitSeconds: (key) => waitFor(tokensOf(key)),
    get size() {
      return buckets.size;
    },
  };
}
