import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isCalled, meaningOf, missingAction } from '../aws/sdk-errors.ts';
import type { Clock } from '../release/clock.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import { createCachedSecrets } from './cached.ts';
import type { Secrets } from './secrets.ts';

/** What the adapter works with. */
export interface SecretsManagerDeps {
  client: Pick<SecretsManagerClient, 'send'>;
  clock: Clock;
}

/** What Secrets Manager says when no repetition helps, besides what every service says. */
const final = ['InvalidRequestException', 'InvalidParameterException', 'DecryptionFailure'];

/**
 * Secrets from AWS Secrets Manager, under a prefix such as `verdigris/dev/`: the version AWSCURRENT and,
 * where there is one, AWSPREVIOUS, which the service keeps when a new value is put
 * (secretsmanager/latest/userguide/whats-in-a-secret.html#term_version).
 */
export function createSecretsManagerSecrets(
  { prefix }: { prefix: string },
  { client, clock }: SecretsManagerDeps,
): Secrets {
  const version = (SecretId: string, VersionStage: string) =>
    textOf(client, { SecretId, VersionStage });
  return createCachedSecrets(async (name) => {
    const id = prefix + name;
    const [current, previous] = await Promise.all([
      version(id, 'AWSCURRENT'),
      version(id, 'AWSPREVIOUS'),
    ]);
    if (current === null) throw unknownSecret(id);
    return previous === null || previous === current ? [current] : [current, previous];
  }, clock);
}

/** Null when there is no such secret, or no such version of it (API_GetSecretValue.html). */
async function textOf(
  client: SecretsManagerDeps['client'],
  which: { SecretId: string; VersionStage: string },
): Promise<string | null> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand(which));
    return (SecretString ?? '').trim();
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException')) return null;
    throw asOurs(error, which.SecretId);
  }
}

function unknownSecret(id: string): VerdigrisError {
  return new VerdigrisError(
    'ConfigInvalidError',
    `there is no secret "${id}" in Secrets Manager; make one: aws secretsmanager create-secret --name ${id} --secret-string …`,
  );
}

function asOurs(cause: unknown, id: string): VerdigrisError {
  const said = `the secret "${id}" cannot be read: ${messageOf(cause)}`;
  if (meaningOf(cause) === 'denied') {
    const missing = missingAction(cause, 'secretsmanager:GetSecretValue');
    const message = `${said}; allow ${missing} to the role of this function`;
    return new VerdigrisError('ConfigInvalidError', message, { cause });
  }
  const name = isCalled(cause, ...final) ? 'ConfigInvalidError' : 'SecretUnavailableError';
  return new VerdigrisError(name, said, { cause });
}
