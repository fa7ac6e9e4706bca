import { meaningOf, missingAction } from '../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';

/** Our request is wrong, and no repetition mends that. */
const refused = /Validation|InvalidParameter/;

/**
 * An error of the CloudWatch SDK as one of ours.
 * @param action The IAM action of the call, named where the SDK's message names none.
 */
export function toSignalError(cause: unknown, action: string): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const said = `${name}: ${messageOf(cause)}`;
  const meaning = meaningOf(cause);
  if (meaning === 'throttled') {
    return new VerdigrisError('ThrottledError', `CloudWatch asks for patience: ${said}`, { cause });
  }
  if (meaning === 'denied') {
    const message = `CloudWatch refuses: this role may not ${missingAction(cause, action)}; allow it (${said})`;
    return new VerdigrisError('ConfigInvalidError', message, { cause });
  }
  if (refused.test(name)) {
    return new VerdigrisError('ConfigInvalidError', `CloudWatch refuses ${action}: ${said}`, {
      cause,
    });
  }
  return new VerdigrisError('SignalUnavailableError', `CloudWatch does not answer: ${said}`, {
    cause,
  });
}
