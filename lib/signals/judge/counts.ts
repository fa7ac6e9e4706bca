import type { Count, Counts } from './question.ts';

/** All looks together. */
export function sumOf(counts: Counts): Count {
  return counts.filter(isCount).reduce(
    (sum, count) => ({
      errors: sum.errors + count.errors,
      requests: sum.requests + count.requests,
    }),
    { errors: 0, requests: 0 },
  );
}

/** A look that is missing, has no requests, or has numbers that are none, says nothing. */
export function isCount(count: Count | null | undefined): count is Count {
  if (!count) return false;
  const { errors, requests } = count;
  return requests > 0 && Number.isFinite(requests) && errors >= 0 && Number.isFinite(errors);
}

/** Null without requests. */
export function rateOf({ errors, requests }: Count): number | null {
  return requests > 0 ? errors / requests : null;
}
