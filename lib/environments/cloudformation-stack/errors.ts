import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** What was being done when CloudFormation refused, for messages. */
export interface StackCall {
  stackName: string;
  /** For instance `CreateChangeSet`. */
  operation: string;
}

/** CloudFormation has no error of its own for a stack that is not there (API_DescribeStacks). */
export function isMissing(error: unknown): boolean {
  return isCalled(error, 'ValidationError') && /does not exist/.test(messageOf(error));
}

/** The answer; errors as errors of ours. */
export async function orOurs<T>(sending: Promise<T>, call: StackCall): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    throw toOurs(error, call);
  }
}

/** The answer, or null when there is no such stack; other errors as errors of ours. */
export async function orMissing<T>(sending: Promise<T>, call: StackCall): Promise<T | null> {
  try {
    return await sending;
  } catch (error) {
    if (isMissing(error)) return null;
    throw toOurs(error, call);
  }
}

/**
 * The SDK's error as one of ours. A CloudFormation that does not answer (5xx, no connection) asks for
 * the same as one that throttles: patience. Ours are left as they are.
 */
export function toOurs(cause: unknown, { stackName, operation }: StackCall): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const said = `${operation} of ${stackName}: ${name}: ${messageOf(cause)}`;
  const ours = (...[error, message]: ConstructorParameters<typeof VerdigrisError>) =>
    new VerdigrisError(error, message, { cause });
  const meaning = meaningOf(cause);
  if (meaning === 'throttled') {
    return ours('ThrottledError', `CloudFormation asks for patience: ${said}`);
  }
  if (meaning === 'denied') {
    const action = missingAction(cause, `cloudformation:${operation}`);
    const message = `CloudFormation refuses: ${said}; allow ${action} to the role of this function`;
    return ours('ConfigInvalidError', message);
  }
  if (name === 'LimitExceededException') {
    const message = `${said}; delete stacks that nobody needs, or have the account's quota raised`;
    return ours('ProvisionFailedError', message);
  }
  return isRefusal(cause)
    ? ours('ProvisionFailedError', said)
    : ours('ThrottledError', `CloudFormation does not answer: ${said}`);
}

/** AWS answered, and it is not AWS that was at fault. */
function isRefusal(cause: unknown): boolean {
  const { $metadata } = cause as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
