import { meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/**
 * The SDK's error as one of ours; ours are left as they are. Names: the "Errors" of API_ModifyRule,
 * API_ModifyListener and API_DescribeTargetHealth.
 * @param subject What the call was about, for instance an ARN.
 */
export function toOurs(cause: unknown, operation: string, subject: string): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const name = nameOf(cause);
  const said = `${operation} of ${subject}: ${name}: ${messageOf(cause)}`;
  const ours = (...[error, message]: ConstructorParameters<typeof VerdigrisError>) =>
    new VerdigrisError(error, message, { cause });
  const meaning = meaningOf(cause);
  if (meaning === 'throttled') {
    return ours('ThrottledError', `Elastic Load Balancing asks for patience: ${said}`);
  }
  if (meaning === 'denied') {
    const action = missingAction(cause, `elasticloadbalancing:${operation}`);
    const message = `Elastic Load Balancing refuses: ${said}; allow ${action} to the role of this function`;
    return ours('ConfigInvalidError', message);
  }
  if (/^(Listener|Rule|LoadBalancer)NotFound/.test(name)) {
    return ours('ConfigInvalidError', `${said}; correct the router of the manifest`);
  }
  const advice = adviceFor(name, messageOf(cause));
  if (advice) return ours('RouteUnreadyError', `${said}; ${advice}`);
  if (name === 'AbortError') {
    return ours(
      'RouterUnavailableError',
      `${said}: no answer before the lease ended; read the route to see whether it was changed`,
    );
  }
  return ours('RouterUnavailableError', `Elastic Load Balancing does not answer: ${said}`);
}

/** Whether the load balancer does not know the target group. */
export function isGroupGone(error: unknown): boolean {
  return nameOf(error).startsWith('TargetGroupNotFound');
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** What waiting does not cure: the two target groups and the listener do not go together. */
function adviceFor(name: string, message: string): string | undefined {
  if (/stickiness/i.test(message)) {
    return 'a forward to several target groups needs stickiness of its own where one of them has it (TargetGroupStickinessConfig): enable it on the rule, or disable it on the target groups';
  }
  return advice.find(([names]) => names.test(name))?.[1];
}

const advice: readonly (readonly [names: RegExp, advice: string])[] = [
  [/^TargetGroupNotFound/, 'its environment is gone, or is of another region or account'],
  [
    /^TooMany|^TargetGroupAssociationLimit/,
    'take target groups that nobody needs out of the load balancer, or ask AWS for a higher quota',
  ],
  [
    /^InvalidLoadBalancerAction|^IncompatibleProtocols|^InvalidConfigurationRequest|^UnsupportedProtocol|^ValidationError|^InvalidTarget/,
    "green's target group needs the same VPC and a protocol that goes with the listener, and a Network Load Balancer needs a region in which it takes weights",
  ],
];
