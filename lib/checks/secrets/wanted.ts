import { readSecretReference, type SecretReference } from '../../aws/secret-references.ts';
import type { Json, JsonObject } from '../../release/json.ts';

/** A secret or a parameter that green needs. */
export interface Wanted {
  /** Who says so: `names`, or a path of green's facts such as `containers.web.secrets.PAYMENTS_KEY`. */
  path: string;
  reference: SecretReference;
  /** Whose role reads it: what runs in green, or ECS before it starts. */
  reader: 'application' | 'starter';
}

/** What the manifest names: `ssm:NAME` is a parameter, and what is no ARN a secret's name. */
export function wantedByManifest(names: readonly string[]): Wanted[] {
  return names.map((name) => {
    const reference = name.startsWith('ssm:')
      ? parameterCalled(name.slice(4))
      : (readSecretReference(name) ?? secretCalled(name));
    return { path: 'names', reference, reader: 'application' };
  });
}

/**
 * What green's facts name: every text that is a reference, and in ECS's `secrets` also plain names, which
 * are parameters there. Those ECS itself reads, before a container starts.
 */
export function wantedByFacts(facts: JsonObject): Wanted[] {
  return textsIn(facts, []).flatMap(({ keys, text }) => {
    const isStarters = keys.at(-2) === 'secrets';
    const reference = readSecretReference(text) ?? (isStarters ? parameterCalled(text) : null);
    if (!reference) return [];
    return [{ path: keys.join('.'), reference, reader: isStarters ? 'starter' : 'application' }];
  });
}

const parameterCalled = (id: string): SecretReference => ({
  ...{ store: 'parameter-store', id, stage: null, version: null },
});

const secretCalled = (id: string): SecretReference => ({
  ...{ store: 'secrets-manager', id, stage: null, version: null },
});

function textsIn(
  value: Json,
  keys: readonly string[],
): { keys: readonly string[]; text: string }[] {
  if (typeof value === 'string') return [{ keys, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => textsIn(part, [...keys, key]));
}

/** The ARNs of the roles by which green reads; null where its facts have none. */
export function readersIn(
  facts: JsonObject,
  kind: string,
): Record<Wanted['reader'], string | null> {
  // CloudFormation's own role makes a stack; what runs in it has others.
  const role = kind === 'cloudformation-stack' ? null : textOf(facts.role);
  const application = textOf(facts.taskRole) ?? role;
  return { application, starter: textOf(facts.executionRole) ?? role };
}

function textOf(fact: Json | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}
