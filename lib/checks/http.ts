import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { duration, fraction } from '../release/quantities.ts';
import { expectation } from './http/expectation.ts';
import type { CheckKind } from './index.ts';
import { throughSchema } from './through.ts';
import { servicePath, writtenHeaders } from './written-requests.ts';

const method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A path that differs from the others in more than its name. */
const ownPath = z.strictObject({
  path: servicePath.describe('What is asked for'),
  method: method.optional().describe("Of the request; the check's own if absent"),
  headers: writtenHeaders.optional().describe("Of the request; the check's own if absent"),
  body: z.string().optional().describe("Of the request; the check's own if absent"),
  expect: expectation
    .optional()
    .describe("What the answer must be like, and all of it; the check's own if absent"),
  times: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("How many answers are looked at; the check's own if absent"),
});

const schema = z
  .strictObject({
    kind: z.literal('http'),
    ...checkBase,
    path: servicePath.optional().describe('What is asked for'),
    paths: z
      .array(z.union([servicePath, ownPath], { error: 'needs a path, or { path, expect }' }))
      .min(1)
      .max(50)
      .optional()
      .describe('Several of them, each with the keys below or with its own'),
    through: throughSchema,
    method: method.default('GET').describe('Of the request'),
    headers: writtenHeaders.default({}).describe('Of the request; text, or { secret: name }'),
    body: z.string().optional().describe('Of the request'),
    expect: expectation.prefault({}).describe('What the answer must be like'),
    attempts: z.int().min(1).max(10).default(3).describe('A pass after the first one is a warning'),
    retryDelay: duration.prefault('200ms').describe('Between two attempts'),
    times: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'How many answers are looked at; then only an answer that did not come is asked for again. One if absent, five with `maxLatency`',
      ),
    tolerance: fraction.prefault(0).describe('Share of `times` answers that may be wrong'),
    writes: z
      .boolean()
      .default(false)
      .describe('Whether a green that has users may be asked with other methods than GET, too'),
  })
  .refine(({ path, paths }) => (path === undefined) !== (paths === undefined), {
    path: ['path'],
    error: 'needs one of path and paths',
  });
/** The manifest's part, read. */
export type HttpCheckConfig = z.output<typeof schema>;

/** Requests to green, before it gets any traffic. */
export const httpKind: CheckKind = {
  kind: 'http',
  schema,
  async create(config, { timers }) {
    const { createHttpCheck } = await import('./http/check.ts');
    return createHttpCheck(schema.parse(config), { timers });
  },
};
