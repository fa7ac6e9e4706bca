import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** What was being done when Lambda refused, for messages. */
export interface LambdaCall {
  functionName: string;
  /** For instance `PublishVersion`. */
  operation: string;
}

/**
 * Not a refusal: somebody else changed the function since it was read (412), or an update of it is
 * still under way (409). Who looks again sees more.
 */
export function isOvertaken(error: unknown): boolean {
  return isCalled(error, 'PreconditionFailedException', 'ResourceConflictException');
}

/** The answer, or null when what was asked for is not there; other errors as errors of ours. */
export async function orMissing<T>(sending: Promise<T>, call: LambdaCall): Promise<T | null> {
  try {
    return await sending;
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException')) return null;
    throw toOurs(error, call);
  }
}

/** The answer; errors as errors of ours. */
export async function orOurs<T>(sending: Promise<T>, call: LambdaCall): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    throw toOurs(error, call);
  }
}

/**
 * The SDK's error as one of ours. A Lambda that does not answer (5xx, no connection) asks for the same
 * as one that throttles: patience. Ours are left as they are.
 */
export function toOurs(cause: unknown, { functionName, operation }: LambdaCall): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const said = `${operation} of ${functionName}: ${name}: ${messageOf(cause)}`;
  const ours = (...[error, message]: ConstructorParameters<typeof VerdigrisError>) =>
    new VerdigrisError(error, message, { cause });
  const meaning = meaningOf(cause);
  if (meaning === 'throttled') {
    return ours('ThrottledError', `Lambda asks for patience: ${said}`);
  }
  if (meaning === 'denied') {
    const action = missingAction(cause, `lambda:${operation}`);
    const message = `Lambda refuses: ${said}; allow ${action} to the role of this function`;
    return ours('ConfigInvalidError', message);
  }
  if (name === 'ResourceNotFoundException') {
    return ours(
      'ConfigInvalidError',
      `there is no Lambda function ${functionName} in this account and region (${said}); create it first, or correct environment.functionName in the manifest`,
    );
  }
  if (name === 'CodeStorageExceededException') {
    return ours(
      'ProvisionFailedError',
      `${said}; the account's code storage (75 GB unless raised) is full: delete versions that nobody needs`,
    );
  }
  return isRefusal(cause)
    ? ours('ProvisionFailedError', said)
    : ours('ThrottledError', `Lambda does not answer: ${said}`);
}

/** AWS answered, and it is not AWS that was at fault. */
function isRefusal(cause: unknown): boolean {
  const { $metadata } = cause as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
