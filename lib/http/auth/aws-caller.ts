import type { Access } from '../access-rules.ts';
import type { AwsCaller, Principal } from '../authenticate.ts';

/**
 * A caller whose signature (SigV4) API Gateway has checked, for instance a user,
 * `arn:aws:iam::123456789012:user/ada`, or a role's session,
 * `arn:aws:sts::123456789012:assumed-role/Deployer/ada`. Events call them
 * `aws:123456789012:assumed-role/Deployer/ada`.
 */
export function awsPrincipal({ userArn }: AwsCaller, access: Access): Principal {
  // arn:<partition>:<iam or sts>::<account>:<user or session>
  const actor = `aws:${userArn.split(':').slice(4).join(':')}`;
  return { actor, via: 'aws', grants: access.grantsOf({ arn: userArn }) };
}
