import { messageOf, VerdigrisError } from '../release/errors.ts';

/** Errors that no repetition mends: the set-up is wrong. */
const setUpErrors =
  /AccessDenied|NotAuthorized|UnauthorizedOperation|CredentialsProvider|UnrecognizedClient|InvalidClientTokenId|Validation|InvalidParameter/;

/**
 * An error of the CloudWatch SDK as one of ours.
 * @param action The IAM action of the call, named where the SDK's message names none.
 */
export function toSignalError(cause: unknown, action: string): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const said = `${name}: ${messageOf(cause)}`;
  if (/Throttl|TooManyRequests|RequestLimitExceeded|LimitExceeded|SlowDown/.test(name)) {
    return new VerdigrisError('ThrottledError', `CloudWatch asks for patience: ${said}`, { cause });
  }
  if (/AccessDenied|NotAuthorized|UnauthorizedOperation/.test(name)) {
    const missing = /perform: ([\w-]+:\w+)/.exec(said)?.[1] ?? action;
    const message = `this role may not ${missing}; allow it (${said})`;
    return new VerdigrisError('ConfigInvalidError', message, { cause });
  }
  if (setUpErrors.test(name)) {
    return new VerdigrisError('ConfigInvalidError', `CloudWatch refuses ${action}: ${said}`, {
      cause,
    });
  }
  return new VerdigrisError('SignalUnavailableError', `CloudWatch does not answer: ${said}`, {
    cause,
  });
}
