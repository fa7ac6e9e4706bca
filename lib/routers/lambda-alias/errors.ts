import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/**
 * The SDK's error as one of ours; ours are left as they are.
 * @param said What was being done, for instance `UpdateAlias of storefront:live`.
 */
export function toOurs(cause: unknown, operation: string, alias: string): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const said = `${operation} of ${alias}: ${name}: ${messageOf(cause)}`;
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
  if (isCalled(cause, 'InvalidParameterValueException', 'ValidationException')) {
    return ours(
      'RequestInvalidError',
      `${said}. Two versions share an alias only if both are published and have the same execution role and the same dead-letter queue; where they differ, shift all traffic at once (cutover: { steps: [100] })`,
    );
  }
  if (name === 'AbortError') {
    return ours(
      'RouterUnavailableError',
      `${said}: no answer before the lease ended; read the route to see whether it was changed`,
    );
  }
  return ours('RouterUnavailableError', `Lambda does not answer: ${said}`);
}
