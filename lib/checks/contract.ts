import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { fileLocation, isInBucket, versionPlaceholder } from './check-files.ts';
import type { CheckKind } from './index.ts';
import { servicePath, writtenHeaders } from './written-requests.ts';

const operationName = z
  .string()
  .regex(/^[A-Z]+ \/\S*$/, 'needs an operation such as GET /products/{id}');

/** Blue's document is another than green's: a key without the version would lead to one of them only. */
const documentFile = fileLocation.refine(
  (file) => !isInBucket(file) || file.includes(versionPlaceholder),
);

const example = z.strictObject({
  request: z.strictObject({
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      .default('GET')
      .describe('Of the request'),
    path: servicePath.describe("What was asked for, at the service's own address"),
    headers: z.record(z.string().min(1), z.string()).default({}).describe('Of the request'),
    body: z.json().optional().describe('Sent as JSON; text is sent as it is'),
  }),
  answer: z.strictObject({
    status: z.int().min(100).max(599).default(200).describe('What it must be'),
    body: z
      .json()
      .optional()
      .describe('JSON: its fields must be there with the types that they have here'),
  }),
});
export type Example = z.output<typeof example>;

/** Recorded pairs, as a file has them. */
export const exampleList = z.array(example).max(100);

const schema = z
  .strictObject({
    kind: z.literal('contract'),
    ...checkBase,
    openapi: z
      .union([servicePath, documentFile], {
        error: 'needs a path, a file of the artifact, or s3://bucket/key with {version} in its key',
      })
      .optional()
      .describe(
        "The service's OpenAPI 3 document: a path such as /openapi.json, a file of the artifact such as openapi.yml, or s3://bucket/key with {version} in it on AWS",
      ),
    examples: z
      .union([exampleList, fileLocation], { error: 'needs a list, or a file of the artifact' })
      .default([])
      .describe(
        'Requests with answers that were recorded: a list, or a JSON file of the artifact, s3://bucket/key on AWS',
      ),
    ask: z
      .boolean()
      .default(true)
      .describe(
        "Ask green what can be asked without changing anything, and hold its answers against blue's document",
      ),
    values: z
      .record(
        servicePath,
        z.record(z.string().min(1), z.union([z.string().min(1), z.number(), z.boolean()])),
      )
      .default({})
      .describe(
        'Path of the document to its parameters, such as `{ /products/{id}: { id: mug } }`',
      ),
    headers: writtenHeaders
      .default({})
      .describe('Of these requests; with any, operations that need credentials are asked, too'),
    skip: z
      .array(operationName)
      .default([])
      .describe('Operations that are not asked, such as GET /report'),
    allow: z
      .array(z.string().min(1))
      .default([])
      .describe('Breaking changes that are meant, as the check names their places'),
  })
  .refine(({ openapi, examples }) => openapi !== undefined || examples.length > 0, {
    error: 'needs openapi or examples',
    path: ['openapi'],
  });

/** Its part of a manifest, as validated. */
export type ContractCheckConfig = z.output<typeof schema>;

/** What clients of blue rely on, kept by green. */
export const contractKind: CheckKind = {
  kind: 'contract',
  schema,
  async create(config, { timers, files }) {
    const check = schema.parse(config);
    const { createContractCheck } = await import('./contract/check.ts');
    return createContractCheck(check, { timers, files });
  },
};
