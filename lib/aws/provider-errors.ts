import { messageOf, VerdigrisError } from '../release/errors.ts';
import { isCalled, meaningOf, missingAction } from './sdk-errors.ts';

/** What was being done when AWS refused, for messages. */
export interface ProviderCall {
  /** As people call it: `ECS`. */
  provider: string;
  /** The IAM action, whose second half is the operation: `ecs:CreateService`. */
  action: string;
  /** On what: `service storefront in cluster web`. */
  of: string;
}

/**
 * An error of the SDK on the way of making, changing or removing an environment, as one of ours:
 * throttled and not answering (5xx, no connection) ask for patience, denied names the action, any other
 * refusal is final. Ours are left as they are.
 */
export function asProviderError(cause: unknown, call: ProviderCall): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const { provider, action } = call;
  const said = saidOf(cause, call);
  const ours = (...[error, message]: ConstructorParameters<typeof VerdigrisError>) =>
    new VerdigrisError(error, message, { cause });
  const meaning = meaningOf(cause);
  if (meaning === 'throttled')
    return ours('ThrottledError', `${provider} asks for patience: ${said}`);
  if (meaning === 'denied') {
    const missing = missingAction(cause, action);
    const message = `${provider} refuses: ${said}; allow ${missing} to the role of this function`;
    return ours('ConfigInvalidError', message);
  }
  return isRefusal(cause)
    ? ours('ProvisionFailedError', said)
    : ours('ThrottledError', `${provider} does not answer: ${said}`);
}

/** The call and AWS's own words: `CreateService of service a: InvalidParameterException: …`. */
export function saidOf(cause: unknown, { action, of }: ProviderCall): string {
  const name = cause instanceof Error ? cause.name : '';
  return `${action.split(':')[1]} of ${of}: ${name}: ${messageOf(cause)}`;
}

/** The answer; errors as errors of ours. */
export async function orOurs<T>(sending: Promise<T>, call: ProviderCall): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    throw asProviderError(error, call);
  }
}

/** The answer, or null for an error with one of these names; other errors as errors of ours. */
export async function orNull<T>(
  sending: Promise<T>,
  call: ProviderCall,
  ...names: string[]
): Promise<T | null> {
  try {
    return await sending;
  } catch (error) {
    if (isCalled(error, ...names)) return null;
    throw asProviderError(error, call);
  }
}

/** AWS answered, and it is not AWS that was at fault. */
function isRefusal(cause: unknown): boolean {
  const { $metadata } = cause as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
