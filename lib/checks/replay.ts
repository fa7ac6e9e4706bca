import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { fraction } from '../release/quantities.ts';
import { fileLocation } from './check-files.ts';
import type { CheckKind } from './index.ts';
import { throughSchema } from './through.ts';
import { servicePath, writtenHeaders, writtenJson } from './written-requests.ts';

const written = z.strictObject({
  path: servicePath.describe('Of the request, with its query'),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    .default('GET')
    .describe('Of the request'),
  headers: writtenHeaders.default({}).describe('Of the request; text, or { secret: name }'),
  body: z.string().optional().describe('Of the request'),
  json: writtenJson.optional().describe('Of the request, as JSON; a secret as { secret: name }'),
});
/** One request as the manifest has it. */
export type WrittenRequest = z.output<typeof written>;

const source = z.union(
  [
    z.literal('traffic'),
    z.strictObject({
      har: fileLocation.describe('A recording: a file of the artifact, or s3://bucket/key on AWS'),
    }),
    z.strictObject({
      lines: fileLocation.describe(
        'Requests as JSON, one a line: { path, method, headers, body }. A file of the artifact, or s3://bucket/key on AWS',
      ),
    }),
    z.strictObject({
      requests: z
        .array(z.union([servicePath, written], { error: 'needs a path, or { path, method }' }))
        .min(1)
        .max(200)
        .describe('Paths, or requests'),
    }),
  ],
  { error: 'needs traffic, or one of { har }, { lines }, { requests }' },
);

const schema = z.strictObject({
  kind: z.literal('replay'),
  ...checkBase,
  timeout: checkBase.timeout.prefault('30s'),
  source: source.describe(
    'Which requests are sent to both sides; `traffic` are those that the router remembers',
  ),
  through: throughSchema,
  headers: writtenHeaders.default({}).describe('Of every request; text, or { secret: name }'),
  limit: z.int().min(1).max(500).default(100).describe('So many different requests at most'),
  minRequests: z
    .int()
    .min(0)
    .max(500)
    .default(0)
    .describe('With fewer that could be compared the check fails'),
  writes: z
    .boolean()
    .default(false)
    .describe('Whether other requests than GET, HEAD and OPTIONS are sent; both sides do them'),
  tolerance: fraction.prefault(0).describe('Share of the requests that may be answered otherwise'),
  allowAdded: z.boolean().default(true).describe('Keys of JSON that blue lacks are no difference'),
  ignore: z
    .array(z.string().min(1).max(200))
    .max(100)
    .default([])
    .describe('Paths in JSON that are not compared, for instance items[*].stock or **.updatedAt'),
  similarity: fraction
    .prefault('80%')
    .describe('How much of the words of pages and other text has to be the same'),
  showQueries: z
    .boolean()
    .default(false)
    .describe('Whether the evidence has the values in queries, which may be what users typed'),
});
/** The manifest's part, read. */
export type ReplayConfig = z.output<typeof schema>;

/** The same requests to blue and to green, and what is different in the answers. */
export const replayKind: CheckKind = {
  kind: 'replay',
  schema,
  async create(config, deps) {
    const { createReplayCheck } = await import('./replay/check.ts');
    return createReplayCheck(schema.parse(config), deps);
  },
};
