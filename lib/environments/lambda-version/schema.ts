import { z } from 'zod';

const warming = z.strictObject({
  payload: z.json().default({}).describe('The event'),
  count: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Sent so many times at once, to start as many containers'),
});

/** The manifest's part of kind `lambda-version`. */
export const lambdaVersionSchema = z.strictObject({
  kind: z.literal('lambda-version'),
  functionName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs the name of a function, not an ARN: A-Z a-z 0-9 - _')
    .describe('The function, which exists already; its versions are the environments'),
  provisionedConcurrency: z
    .int()
    .min(0)
    .default(0)
    .describe('Containers that are kept ready for each version; 0 for none'),
  warm: z.array(warming).max(20).default([]).describe('Events sent to green once it is ready'),
});
