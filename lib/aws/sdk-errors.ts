import { messageOf } from '../release/errors.ts';

/**
 * What an error of the AWS SDK means to whoever made the call, by its name alone:
 * - `throttled`: the same call is worth a repetition later.
 * - `denied`: no repetition helps, a role or credentials are wrong.
 * - `other`: the adapter knows, or nobody does.
 *
 * Names: "Common errors" of each service's API reference, and the SDK's own.
 */
export function meaningOf(error: unknown): 'throttled' | 'denied' | 'other' {
  return meaningOfName(error instanceof Error ? error.name : '');
}

/** The same for a name by itself, such as a reason of a cancelled transaction. */
export function meaningOfName(name: string): 'throttled' | 'denied' | 'other' {
  if (throttled.test(name)) return 'throttled';
  return denied.test(name) ? 'denied' : 'other';
}

const throttled =
  /Throttl|TooManyRequests|ThroughputExceeded|RequestLimitExceeded|ExecutionLimitExceeded|TransactionInProgress|SlowDown/;

const denied =
  /^AccessDenied|^NotAuthorized|^UnauthorizedOperation|^CredentialsProvider|^ExpiredToken|^InvalidClientTokenId|^InvalidSignature|^IncompleteSignature|^MissingAuthenticationToken|^UnrecognizedClient/;

/** True when the SDK's error has one of these names. */
export function isCalled(error: unknown, ...names: string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/** The IAM action that a role lacks: as AWS says it in its message, else the one that was tried. */
export function missingAction(error: unknown, tried: string): string {
  return /perform: ([\w-]+:\w+)/.exec(messageOf(error))?.[1] ?? tried;
}
