import { describe, expect, it } from 'vitest';
import { readSecretReference, secretReferencesIn } from '../../../lib/aws/secret-references.ts';

const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/payments-AbCdEf';
const parameter = 'arn:aws:ssm:eu-central-1:123456789012:parameter/shop/mode';
const inSecrets = (id: string, stage: string | null = null, version: string | null = null) => ({
  ...{ store: 'secrets-manager', id, stage, version },
});
const inParameters = (id: string, version: string | null = null) => ({
  ...{ store: 'parameter-store', id, stage: null, version },
});

describe('a reference to a secret', () => {
  it.each([
    [secret, inSecrets(secret)],
    [`${secret}:key::`, inSecrets(secret)],
    [`${secret}:key:AWSPREVIOUS:`, inSecrets(secret, 'AWSPREVIOUS')],
    [`${secret}:::version-1`, inSecrets(secret, null, 'version-1')],
    [secret.replace('aws:', 'aws-us-gov:'), inSecrets(secret.replace('aws:', 'aws-us-gov:'))],
    [parameter, inParameters(parameter)],
    [`${parameter}:3`, inParameters(parameter, '3')],
    ['{{resolve:ssm:/shop/mode:3}}', inParameters('/shop/mode', '3')],
    ['{{resolve:ssm-secure:/shop/key}}', inParameters('/shop/key')],
    ['{{resolve:secretsmanager:payments}}', inSecrets('payments')],
    [
      '{{resolve:secretsmanager:payments:SecretString:key:AWSPREVIOUS}}',
      inSecrets('payments', 'AWSPREVIOUS'),
    ],
    [`{{resolve:secretsmanager:${secret}:SecretString:key::v1}}`, inSecrets(secret, null, 'v1')],
  ])('is read from %s', (text, reference) => {
    expect(readSecretReference(text)).toEqual(reference);
  });

  it.each([
    'swordfish',
    `password of ${secret}`,
    `${secret} `,
    'arn:aws:s3:::bucket',
    '{{resolve:other:x}}',
    'postgres://user:password@host/db',
  ])('is not read from %s', (text) => {
    expect(readSecretReference(text)).toBeNull();
  });

  it('is told of variables, and nothing of any other value', () => {
    const variables = { KEY: secret, MODE: 'swordfish', EMPTY: undefined };
    expect(secretReferencesIn(variables)).toEqual({ KEY: secret });
  });
});
