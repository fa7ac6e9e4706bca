import type { IAMClient } from '@aws-sdk/client-iam';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import type { CheckKind } from './index.ts';

/** What is used of the SDK's clients. */
export type SecretsManagerApi = Pick<SecretsManagerClient, 'send'>;
export type ParametersApi = Pick<SSMClient, 'send'>;
export type IamApi = Pick<IAMClient, 'send'>;

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'needs the name of a variable');

const probe = z.strictObject({
  path: z
    .string()
    .regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /internal/secrets')
    .describe('Where green answers with its names of secrets, each `readable` or `missing`'),
  header: z.string().min(1).default('x-probe-token').describe('What the secret is sent in'),
  secret: z
    .string()
    .min(1)
    .optional()
    .describe("The conductor's secret that opens it; nothing is sent if absent"),
  names: z.array(z.string().min(1)).max(100).default([]).describe('That have to be in the answer'),
});

const schema = z.strictObject({
  kind: z.literal('secrets'),
  ...checkBase,
  names: z
    .array(
      z
        .string()
        .regex(/^(?:ssm:)?[\w/+=.@:-]{1,512}$/, 'needs a name, an ARN, or `ssm:` and a name'),
    )
    .max(50)
    .default([])
    .describe(
      'Secrets of Secrets Manager, and parameters as `ssm:NAME`, that green reads besides those that it names itself',
    ),
  role: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, "needs a role's ARN")
    .optional()
    .describe("Who has to be able to read them; green's own role if absent"),
  access: z.boolean().default(true).describe('Whether IAM is asked if that role may read them'),
  variables: z
    .array(variableName)
    .max(100)
    .default([])
    .describe('Variables that green has to have, not empty'),
  probe: probe.optional().describe('Whom to ask what green can read itself'),
});

/** The manifest's part, read. */
export type SecretsConfig = z.output<typeof schema>;
export type ProbeConfig = z.output<typeof probe>;

/** Secrets and parameters that green needs: whether they are there, and whether it may read them. */
export const secretsKind: CheckKind = {
  kind: 'secrets',
  schema,
  async create(config, deps) {
    const { createSecretsCheck } = await import('./secrets/check.ts');
    return createSecretsCheck(schema.parse(config), deps);
  },
};
