import { epochMs } from '../release/clock.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { ApiToken } from './ledger.ts';

/*
 * What is asked of API tokens, whatever keeps them. Pure.
 */

/** Whether a token keeps its name from others at that time: it is not revoked and has not expired. */
export function holdsName(
  { revokedAt, expiresAt }: Pick<ApiToken, 'revokedAt' | 'expiresAt'>,
  at: string,
): boolean {
  if (revokedAt !== null) return false;
  return expiresAt === null || epochMs(at) < epochMs(expiresAt);
}

/** What somebody is told who wants a name that the token `holderId` has. */
export function nameTaken(name: string, holderId: string): VerdigrisError {
  return new VerdigrisError(
    'ReleaseStateError',
    `there is a token "${name}" already (${holderId}); revoke it, or choose another name`,
    { details: { tokenId: holderId } },
  );
}

/** Sorts tokens newest first; those of one moment by their ids, backwards. */
export function byNewest(a: ApiToken, b: ApiToken): number {
  const age = epochMs(b.createdAt) - epochMs(a.createdAt);
  if (age !== 0) return age;
  return a.id < b.id ? 1 : -1;
}
