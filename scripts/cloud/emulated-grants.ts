/** A statement of a role's policy. */
interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** A role as packaging makes it. */
interface RoleProperties {
  Policies?: { PolicyDocument: { Statement: Statement[] } }[];
}

/** What the emulator takes some of Lambda's calls for when it asks whether a role allows them. */
const takenFor: Record<string, string> = {
  'lambda:GetAlias': 'lambda:ListAliases',
  'lambda:UpdateAlias': 'lambda:ListAliases',
  'lambda:GetProvisionedConcurrencyConfig': 'lambda:GetFunction',
  'lambda:PutProvisionedConcurrencyConfig': 'lambda:UpdateFunctionCode',
  'lambda:DeleteProvisionedConcurrencyConfig': 'lambda:DeleteFunction',
};

/**
 * A role's grants of Lambda's actions as the emulator reads them: some by another name, and all of them
 * on the function, whichever version or alias is meant. Every other grant stays as it is.
 */
export function withEmulatedGrants(properties: Record<string, unknown>): Record<string, unknown> {
  const { Policies = [] } = properties as RoleProperties;
  const policies = Policies.map((policy) => ({
    ...policy,
    PolicyDocument: {
      ...policy.PolicyDocument,
      Statement: policy.PolicyDocument.Statement.map(translate),
    },
  }));
  return { ...properties, Policies: policies };
}

function translate(statement: Statement): Statement {
  const actions = [statement.Action].flat();
  if (!actions.some((action) => action.startsWith('lambda:'))) return statement;
  const Action = [...new Set(actions.map((action) => takenFor[action] ?? action))];
  return { ...statement, Action, Resource: unqualified(statement.Resource) };
}

/** The ARN patterns of functions in place of those of their versions and aliases. */
function unqualified(resource: unknown): unknown {
  if (typeof resource === 'string') return resource.replace(/(:function:[^:]+):\*$/, '$1');
  if (Array.isArray(resource)) return resource.map(unqualified);
  if (typeof resource !== 'object' || resource === null) return resource;
  const entries = Object.entries(resource).map(([key, value]) => [key, unqualified(value)]);
  return Object.fromEntries(entries);
}
