import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { DescribeParametersCommand, type ParameterMetadata } from '@aws-sdk/client-ssm';
import { orNull, orOurs } from '../../aws/provider-errors.ts';
import type { ParametersApi, SecretsManagerApi } from '../secrets.ts';
import type { Wanted } from './wanted.ts';

/** Where secrets and parameters are. */
export interface Stores {
  secretsManager: SecretsManagerApi;
  parameters: ParametersApi;
}

/** A secret or a parameter as its store knows it, without what it is. */
export interface Found {
  arn: string;
  /** The version that would be read: an id, or a parameter's number. */
  version: string;
  /** The customer's key by which it is encrypted; null where reading needs no right on a key. */
  keyArn: string | null;
}

/** What became of a look: what is there, and what is wrong with it. */
export interface Look {
  found: Found | null;
  /** Why it can't be read by anybody. */
  problems: string[];
  /** What may become one. */
  doubts: string[];
}

/** For which label Secrets Manager keeps a version that a rotation made but did not finish. */
const pendingStage = 'AWSPENDING';

/**
 * Looks without reading: DescribeSecret and DescribeParameters tell no values.
 * @param nowMs Null where nobody knows the time. @throws ConfigInvalidError, ThrottledError
 */
export function lookUp(
  { reference }: Wanted,
  { secretsManager, parameters }: Stores,
  nowMs: number | null,
  abortSignal: AbortSignal,
): Promise<Look> {
  return reference.store === 'secrets-manager'
    ? lookUpSecret(reference, secretsManager, nowMs, abortSignal)
    : lookUpParameter(reference, parameters, abortSignal);
}

async function lookUpSecret(
  { id, stage, version }: Wanted['reference'],
  client: SecretsManagerApi,
  nowMs: number | null,
  abortSignal: AbortSignal,
): Promise<Look> {
  const found = await orNull(
    client.send(new DescribeSecretCommand({ SecretId: id }), { abortSignal }),
    { provider: 'Secrets Manager', action: 'secretsmanager:DescribeSecret', of: `secret ${id}` },
    'ResourceNotFoundException',
  );
  if (!found) return absent('does not exist');
  if (found.DeletedDate) return absent('is scheduled for deletion');
  const current = versionOf(found, stage ?? 'AWSCURRENT', version);
  if (current === null) return absent(`has no version ${version ?? stage ?? 'AWSCURRENT'}`);
  const arn = found.ARN ?? id;
  return {
    found: { arn, version: current, keyArn: customerKey(found.KmsKeyId, arn) },
    problems: [],
    doubts: rotationDoubts(found, nowMs),
  };
}

/** The id of the version with this label, or the named one. Versions without a label are not listed. */
function versionOf(
  { VersionIdsToStages = {} }: DescribeSecretCommandOutput,
  stage: string,
  version: string | null,
): string | null {
  if (version !== null) return version in VersionIdsToStages ? version : null;
  const [id] =
    Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(stage)) ?? [];
  return id ?? null;
}

/** "If rotation is unsuccessful, this date may be in the past" (API_DescribeSecret). */
function rotationDoubts(found: DescribeSecretCommandOutput, nowMs: number | null): string[] {
  const { RotationEnabled, NextRotationDate, VersionIdsToStages = {} } = found;
  const isUnfinished = Object.values(VersionIdsToStages).some(
    (stages) => stages.includes(pendingStage) && !stages.includes('AWSCURRENT'),
  );
  if (isUnfinished) return ['has a rotation that began and did not end'];
  const dueMs = NextRotationDate?.getTime();
  const isOverdue = RotationEnabled && dueMs !== undefined && nowMs !== null && dueMs < nowMs;
  return isOverdue ? [`should have been rotated by ${NextRotationDate?.toISOString()}`] : [];
}

async function lookUpParameter(
  { id, version }: Wanted['reference'],
  client: ParametersApi,
  abortSignal: AbortSignal,
): Promise<Look> {
  const names = namesOf(id);
  const command = new DescribeParametersCommand({
    ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: names }],
  });
  const call = { provider: 'Parameter Store', action: 'ssm:DescribeParameters', of: id };
  const { Parameters = [] } = await orOurs(client.send(command, { abortSignal }), call);
  const found = Parameters.find(({ Name = '' }) => names.includes(Name));
  if (!found) return absent('does not exist');
  const newest = found.Version ?? 1;
  if (version !== null && Number(version) > newest)
    return absent(`has no version ${version}, only up to ${newest}`);
  return { found: toFound(found, id, version ?? String(newest)), problems: [], doubts: [] };
}

/** `…:parameter/a/b` is `/a/b`; `…:parameter/a` is `a`, or `/a`, which has the same ARN. */
function namesOf(id: string): string[] {
  const [, path] = /^arn:[^/]*:parameter(\/.+)$/.exec(id) ?? [];
  if (!path) return [id];
  return path.indexOf('/', 1) < 0 ? [path.slice(1), path] : [path];
}

function toFound(found: ParameterMetadata, id: string, version: string): Found {
  const arn = found.ARN ?? id;
  const isEncrypted = found.Type === 'SecureString';
  return { arn, version, keyArn: isEncrypted ? customerKey(found.KeyId, arn) : null };
}

/**
 * The ARN of a key that a customer made. Keys of AWS itself, such as `alias/aws/ssm`, let everybody of the
 * account read who may read the secret. An alias does not say which key it is, so nobody is asked about it.
 */
function customerKey(keyId: string | undefined, arn: string): string | null {
  if (!keyId || keyId.includes('alias/')) return null;
  if (keyId.startsWith('arn:')) return keyId;
  const [, partition, , region, account] = arn.split(':');
  return `arn:${partition}:kms:${region}:${account}:key/${keyId}`;
}

function absent(problem: string): Look {
  return { found: null, problems: [problem], doubts: [] };
}
