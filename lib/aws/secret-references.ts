/** A secret or a parameter as something names it, without what it is. */
export interface SecretReference {
  store: 'secrets-manager' | 'parameter-store';
  /** Name or ARN, in which Secrets Manager's may lack the six characters at its end. */
  id: string;
  /** Secrets Manager: a label such as `AWSPREVIOUS`, or null for `AWSCURRENT`. */
  stage: string | null;
  /** Secrets Manager: a version's id. Parameter Store: its number. Null for the newest. */
  version: string | null;
}

/** `secret:NAME`, then what ECS may have besides: key of the JSON, stage and version. */
const secretArn =
  /^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^:\s{}]+)(?::[^:\s{}]*)?(?::([^:\s{}]*))?(?::([^:\s{}]*))?$/;
const parameterArn = /^(arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter\/[^:\s{}]+)(?::(\d+))?$/;
const dynamic = /^\{\{resolve:(secretsmanager|ssm|ssm-secure):([^{}\s]+)\}\}$/;

/**
 * Reads an ARN of Secrets Manager or of a parameter, with what ECS adds to the first
 * (AmazonECS: secrets-envvar-secrets-manager), and CloudFormation's `{{resolve:…}}`
 * (AWSCloudFormation: dynamic-references). Null for any other text.
 */
export function readSecretReference(text: string): SecretReference | null {
  return readSecretArn(text) ?? readParameterArn(text) ?? readDynamic(text);
}

function readSecretArn(text: string): SecretReference | null {
  const [, id, stage, version] = secretArn.exec(text) ?? [];
  if (!id) return null;
  return { store: 'secrets-manager', id, stage: stage || null, version: version || null };
}

function readParameterArn(text: string): SecretReference | null {
  const [, id, version] = parameterArn.exec(text) ?? [];
  return id ? { store: 'parameter-store', id, stage: null, version: version ?? null } : null;
}

function readDynamic(text: string): SecretReference | null {
  const [, service, rest = ''] = dynamic.exec(text) ?? [];
  if (!service) return null;
  if (service !== 'secretsmanager') {
    const [id = '', version] = rest.split(':');
    return { store: 'parameter-store', id, stage: null, version: version || null };
  }
  const isArn = rest.startsWith('arn:');
  const parts = rest.split(':');
  const id = parts.slice(0, isArn ? 7 : 1).join(':');
  const [, , stage, version] = parts.slice(isArn ? 7 : 1);
  return { store: 'secrets-manager', id, stage: stage || null, version: version || null };
}

/** Those variables whose whole value is such a reference, with it; no other value is told. */
export function secretReferencesIn(
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const found = Object.entries(variables).flatMap(([name, value = '']) =>
    readSecretReference(value) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(found);
}
