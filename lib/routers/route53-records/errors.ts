import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/**
 * The SDK's error as one of ours; ours are left as they are.
 * @param operation Such as `ChangeResourceRecordSets`. @param subject What it was about.
 */
export function toOurs(cause: unknown, operation: string, subject: string): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const said = `${operation} of ${subject}: ${cause instanceof Error ? cause.name : ''}: ${messageOf(cause)}`;
  const [name, message] = explain(cause, operation, said);
  return new VerdigrisError(name, message, { cause });
}

/** Names: "Errors" of each operation's page, and of "Throttling for Amazon Route 53 API requests". */
function explain(
  cause: unknown,
  operation: string,
  said: string,
): ConstructorParameters<typeof VerdigrisError> {
  const meaning = meaningOf(cause);
  if (meaning === 'throttled' || isCalled(cause, 'PriorRequestNotComplete')) {
    return ['ThrottledError', `Route 53 asks for patience: ${said}`];
  }
  if (meaning === 'denied') {
    const action = missingAction(cause, `route53:${operation}`);
    const message = `Route 53 refuses: ${said}; allow ${action} to the role of this function`;
    return ['ConfigInvalidError', message];
  }
  if (isCalled(cause, 'NoSuchHostedZone', 'NoSuchHealthCheck')) {
    return ['ConfigInvalidError', `${said}; correct the id, or the role's account`];
  }
  if (isCalled(cause, 'InvalidChangeBatch', 'InvalidInput')) {
    return ['RequestInvalidError', `Route 53 does not take these records: ${said}`];
  }
  if (isCalled(cause, 'AbortError')) {
    const message = `${said}: no answer before the lease ended; read the route to see whether it was changed`;
    return ['RouterUnavailableError', message];
  }
  return ['RouterUnavailableError', `Route 53 does not answer: ${said}`];
}
