import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** A call of CloudFront, for messages. */
export interface Call {
  /** IAM's prefix: `cloudfront` or `cloudfront-keyvaluestore`. */
  service: string;
  operation: string;
  /** What it was about: `distribution E2QWRUHAPOMQZL`. */
  subject: string;
}

/**
 * Whether a conditional write came too late. Of a store, the API reference gives ConflictException; some
 * answers were seen as a ValidationException about the precondition.
 */
export function isStale(error: unknown): boolean {
  if (isCalled(error, 'PreconditionFailed', 'InvalidIfMatchVersion', 'ConflictException'))
    return true;
  return isCalled(error, 'ValidationException') && /pre-?condition/i.test(error.message);
}

/** The SDK's error as one of ours; ours are left as they are. */
export function toOurs(cause: unknown, call: Call): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const { operation, subject } = call;
  const name = cause instanceof Error ? cause.name : '';
  const [ours, prefix, advice] = explain(cause, name, call);
  const said = `${operation} of ${subject}: ${name}: ${messageOf(cause)}`;
  return new VerdigrisError(ours, `${prefix}: ${said}${advice}`, { cause });
}

type Explanation = [
  error: ConstructorParameters<typeof VerdigrisError>[0],
  prefix: string,
  advice: string,
];

function explain(cause: unknown, name: string, { service, operation }: Call): Explanation {
  const meaning = meaningOf(cause);
  if (meaning === 'throttled' || name === 'TooManyInvalidationsInProgress')
    return ['ThrottledError', 'CloudFront asks for patience', ''];
  if (meaning === 'denied') {
    const action = missingAction(cause, `${service}:${operation}`);
    return [
      'ConfigInvalidError',
      'CloudFront refuses',
      `; allow ${action} to the role of this function`,
    ];
  }
  if (name === 'NoSuchDistribution' || name === 'ResourceNotFoundException')
    return ['ConfigInvalidError', 'the manifest names what is not there', '; correct the router'];
  if (name === 'AbortError') {
    const advice = '; read the route to see whether it was changed';
    return ['RouterUnavailableError', 'no answer before the lease ended', advice];
  }
  if (refused.test(name)) return ['RequestInvalidError', 'CloudFront refuses', adviceFor(name)];
  return ['RouterUnavailableError', 'CloudFront does not answer', ''];
}

/** Names of errors that no repetition helps against (API_UpdateDistribution, API_kvs_PutKey). */
const refused =
  /^(Invalid|Illegal|Inconsistent|TooMany|NoSuch|EntityNotFound|CNAMEAlreadyExists|StagingDistributionInUse|ContinuousDeploymentPolicyInUse|ValidationException|ServiceQuotaExceeded|Trusted|RealtimeLogConfig|MissingBody|BatchTooLarge)/;

function adviceFor(name: string): string {
  if (name === 'TooManyOriginCustomHeaders')
    return '; a side needs one header more than its origin has: verdigris-change';
  if (name === 'TooManyOrigins')
    return '; every environment that is kept is an origin: retire some, or raise the quota';
  if (/StagingDistribution|ContinuousDeployment/.test(name))
    return '; take the continuous deployment policy off the distribution';
  return '';
}
