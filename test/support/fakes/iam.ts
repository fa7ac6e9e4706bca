import type { IamApi } from '../../../lib/checks/secrets.ts';
import { awsError, createFakeClient, type FakeClient } from './aws-client.ts';

/** A statement as somebody writes it. */
export type FakeStatement = {
  Effect?: 'Allow' | 'Deny';
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
};

/** A role with its policies. */
export interface FakeRole {
  /** By their names. */
  inline?: Record<string, FakeStatement[]>;
  /** By their ARNs. */
  attached?: Record<string, FakeStatement[]>;
  boundary?: string;
  trust?: FakeStatement[];
  path?: string;
}

/** IAM in memory, over one record of calls. */
export interface FakeIam extends FakeClient {
  readonly iam: () => Promise<IamApi>;
  arnOf(name: string): string;
}

const documentOf = (Statement: FakeStatement[]) =>
  encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement }));

const isIn = (wanted: string, patterns: string | string[] = []) =>
  [patterns].flat().some((it) => new RegExp(`^${it.replaceAll('*', '.*')}$`).test(wanted));

/**
 * Roles after what AWS documents: documents are encoded as in a URL, lists have pages, the simulation
 * looks at identity policies only and tells which values of conditions it lacked.
 */
export function createFakeIam(
  roles: Record<string, FakeRole>,
  profiles: Record<string, string> = {},
): FakeIam {
  const arnOf = (name: string) =>
    `arn:aws:iam::123456789012:role${roles[name]?.path ?? '/'}${name}`;

  function roleCalled(name: unknown): FakeRole {
    const found = roles[String(name).split('/').at(-1) ?? ''];
    if (found) return found;
    throw awsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
  }

  const attachedOf = (arn: unknown) =>
    Object.values(roles).flatMap(({ attached = {} }) => attached[String(arn)] ?? []);

  function decide(statements: FakeStatement[], action: string, resource: string, given: string[]) {
    const about = statements.filter(
      (one) => isIn(action, one.Action) && isIn(resource, one.Resource),
    );
    const keysOf = ({ Condition = {} }: FakeStatement) =>
      Object.values(Condition).flatMap((keys) => Object.keys(keys));
    const missing = about.flatMap(keysOf).filter((key) => !given.includes(key));
    const met = about.filter((one) => keysOf(one).every((key) => given.includes(key)));
    const isDenied = met.some(({ Effect }) => Effect === 'Deny');
    const isAllowed = met.some(({ Effect = 'Allow' }) => Effect === 'Allow');
    return {
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: isDenied ? 'explicitDeny' : isAllowed ? 'allowed' : 'implicitDeny',
      MissingContextValues: missing,
    };
  }

  /** One at a time, so that everything has pages. */
  function page<T>(all: T[], marker: unknown) {
    const from = Number(marker ?? 0);
    const IsTruncated = from + 1 < all.length;
    const Marker = IsTruncated ? String(from + 1) : undefined;
    return { items: all.slice(from, from + 1), IsTruncated, Marker };
  }

  const { send, faults } = createFakeClient('IAM', {
    SimulatePrincipalPolicy({
      PolicySourceArn,
      ActionNames,
      ResourceArns,
      ContextEntries,
      Marker,
    }) {
      const { inline = {}, attached = {} } = roleCalled(PolicySourceArn);
      const statements = [...Object.values(inline), ...Object.values(attached)].flat();
      const given = (ContextEntries as { ContextKeyName: string }[]).map((it) => it.ContextKeyName);
      const results = (ActionNames as string[]).flatMap((action) =>
        (ResourceArns as string[]).map((resource) => decide(statements, action, resource, given)),
      );
      const { items: EvaluationResults, ...rest } = page(results, Marker);
      return { EvaluationResults, ...rest };
    },
    GetRole({ RoleName }) {
      const { boundary, trust = [] } = roleCalled(RoleName);
      const PermissionsBoundary = boundary && { PermissionsBoundaryArn: boundary };
      const AssumeRolePolicyDocument = documentOf(trust);
      return { Role: { RoleName, AssumeRolePolicyDocument, PermissionsBoundary } };
    },
    ListRolePolicies({ RoleName, Marker }) {
      const names = Object.keys(roleCalled(RoleName).inline ?? {});
      const { items: PolicyNames, ...rest } = page(names, Marker);
      return { PolicyNames, ...rest };
    },
    GetRolePolicy({ RoleName, PolicyName }) {
      const { inline = {} } = roleCalled(RoleName);
      return { PolicyDocument: documentOf(inline[String(PolicyName)] ?? []) };
    },
    ListAttachedRolePolicies({ RoleName, Marker }) {
      const arns = Object.keys(roleCalled(RoleName).attached ?? {});
      const { items, ...rest } = page(arns, Marker);
      return { AttachedPolicies: items.map((PolicyArn) => ({ PolicyArn })), ...rest };
    },
    GetPolicy: ({ PolicyArn }) => ({ Policy: { Arn: PolicyArn, DefaultVersionId: 'v3' } }),
    GetPolicyVersion({ PolicyArn, VersionId }) {
      if (VersionId !== 'v3') throw awsError('NoSuchEntity', 'no such version', 404);
      return { PolicyVersion: { Document: documentOf(attachedOf(PolicyArn)) } };
    },
    GetInstanceProfile({ InstanceProfileName }) {
      const name = profiles[String(InstanceProfileName)];
      if (!name) throw awsError('NoSuchEntity', 'no such instance profile', 404);
      return { InstanceProfile: { Roles: [{ RoleName: name, Arn: arnOf(name) }] } };
    },
  });
  return Object.assign(faults, { iam: async () => ({ send }) as unknown as IamApi, arnOf });
}
