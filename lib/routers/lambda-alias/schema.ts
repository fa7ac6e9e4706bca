import type { LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';

/** The one call of the SDK's client. */
export type LambdaApi = Pick<LambdaClient, 'send'>;

/** `router: { kind: lambda-alias, functionName, alias }` of a manifest. */
export const lambdaAliasSchema = z.strictObject({
  kind: z.literal('lambda-alias'),
  functionName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs the name of a function, not an ARN: A-Z a-z 0-9 - _')
    .describe('The function whose alias it is'),
  alias: z
    .string()
    .regex(/^(?!\d+$)[A-Za-z0-9_-]{1,128}$/, 'needs the name of an alias, which is not a number')
    .describe('What users invoke; made by the first release if it is not there'),
});
