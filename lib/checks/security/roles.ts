import {
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { type PolicyStatement, readPolicy } from '../../aws/policy-statements.ts';
import { orOurs } from '../../aws/provider-errors.ts';
import type { IamApi } from '../security.ts';

/** What a role may do, and who may be it. */
export interface RoleFacts {
  name: string;
  statements: PolicyStatement[];
  /** ARN of the policy that bounds it; null for none. */
  boundary: string | null;
  /** Who may take it on, as its trust has them. */
  trusted: string[];
}

/** How roles are read: `edit` is done to every policy before it is. */
export interface RoleReader {
  iam: IamApi;
  abortSignal: AbortSignal;
  edit(text: string): string;
}

const callOn = (operation: string, of: string) => ({
  provider: 'IAM',
  action: `iam:${operation}`,
  of,
});

/**
 * Reads a role with its attached and inline policies.
 * @param role Its name or ARN. @throws ConfigInvalidError, ProvisionFailedError, ThrottledError
 */
export async function readRole(reader: RoleReader, role: string): Promise<RoleFacts> {
  const { iam, abortSignal, edit } = reader;
  const RoleName = role.split('/').at(-1) ?? role;
  const [answer, inline, attached] = await Promise.all([
    orOurs(
      iam.send(new GetRoleCommand({ RoleName }), { abortSignal }),
      callOn('GetRole', RoleName),
    ),
    readInline(reader, RoleName),
    readAttached(reader, RoleName),
  ]);
  const trust = answer.Role?.AssumeRolePolicyDocument;
  const trusting = trust ? readPolicy(edit(decoded(trust))) : [];
  const principals = trusting.flatMap((one) =>
    one.effect === 'Allow' ? (one.principals ?? []) : [],
  );
  return {
    name: RoleName,
    statements: [...inline, ...attached].flatMap((text) => readPolicy(edit(decoded(text)))),
    boundary: answer.Role?.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
    trusted: [...new Set(principals)].sort(),
  };
}

/** "The policy document is URL-encoded compliant with RFC 3986" (API_GetRolePolicy). */
function decoded(document: string): string {
  return document.startsWith('%') ? decodeURIComponent(document) : document;
}

async function readInline({ iam, abortSignal }: RoleReader, RoleName: string): Promise<string[]> {
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListRolePoliciesCommand({ RoleName, Marker });
    const call = callOn('ListRolePolicies', RoleName);
    const page = await orOurs(iam.send(command, { abortSignal }), call);
    names.push(...(page.PolicyNames ?? []));
    Marker = page.IsTruncated ? page.Marker : undefined;
  } while (Marker);
  return Promise.all(
    names.map(async (PolicyName) => {
      const command = new GetRolePolicyCommand({ RoleName, PolicyName });
      const call = callOn('GetRolePolicy', RoleName);
      const { PolicyDocument } = await orOurs(iam.send(command, { abortSignal }), call);
      return PolicyDocument ?? '{}';
    }),
  );
}

async function readAttached(reader: RoleReader, RoleName: string): Promise<string[]> {
  const { iam, abortSignal } = reader;
  const arns: string[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListAttachedRolePoliciesCommand({ RoleName, Marker });
    const call = callOn('ListAttachedRolePolicies', RoleName);
    const page = await orOurs(iam.send(command, { abortSignal }), call);
    arns.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
    Marker = page.IsTruncated ? page.Marker : undefined;
  } while (Marker);
  return Promise.all(arns.map((arn) => readManaged(reader, arn)));
}

async function readManaged({ iam, abortSignal }: RoleReader, PolicyArn: string): Promise<string> {
  const { Policy } = await orOurs(
    iam.send(new GetPolicyCommand({ PolicyArn }), { abortSignal }),
    callOn('GetPolicy', PolicyArn),
  );
  const VersionId = Policy?.DefaultVersionId ?? 'v1';
  const { PolicyVersion } = await orOurs(
    iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }), { abortSignal }),
    callOn('GetPolicyVersion', PolicyArn),
  );
  return PolicyVersion?.Document ?? '{}';
}

/** The role of an instance profile, by the profile's name or ARN; null for none. */
export async function roleOfProfile(
  { iam, abortSignal }: RoleReader,
  profile: string,
): Promise<string | null> {
  const InstanceProfileName = profile.split('/').at(-1) ?? profile;
  const command = new GetInstanceProfileCommand({ InstanceProfileName });
  const call = callOn('GetInstanceProfile', profile);
  const { InstanceProfile } = await orOurs(iam.send(command, { abortSignal }), call);
  return InstanceProfile?.Roles?.[0]?.RoleName ?? null;
}
