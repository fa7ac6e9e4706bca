import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { bodyExpectation } from './body-expectation.ts';
import { fileLocation } from './check-files.ts';
import type { CheckKind } from './index.ts';
import { placeholdersIn } from './placeholders.ts';
import { throughSchema } from './through.ts';
import { writtenHeaders, writtenJson } from './written-requests.ts';

/** Placeholders that are always there. */
const given = ['environment', 'version', 'unique', 'location'];

const statusCode = z.int().min(100).max(599);

const stepExpectation = z.strictObject({
  status: z
    .union([statusCode, z.array(statusCode).min(1)], {
      error: 'needs a status such as 200, or a list such as [200, 204]',
    })
    .optional()
    .describe('One of these; below 400 if absent'),
  redirect: z
    .string()
    .min(1)
    .optional()
    .describe('Path to which the answer redirects; `*` stands for any text'),
  headers: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe('Header to what it must contain'),
  bodyIncludes: bodyExpectation.bodyIncludes.describe('Text that the body contains'),
  bodyMatches: bodyExpectation.bodyMatches.describe('A regular expression'),
  json: bodyExpectation.json.describe('Path to the value it must have'),
});

const capture = z.union(
  [
    z.strictObject({ json: z.string().min(1).describe('Path to it in the JSON body') }),
    z.strictObject({ header: z.string().min(1).describe('Header of the answer') }),
    z.strictObject({ cookie: z.string().min(1).describe('Cookie that is held then') }),
    z.strictObject({
      regex: bodyExpectation.bodyMatches
        .unwrap()
        .describe('Of the body; its first group, or all that it matches'),
    }),
  ],
  { error: 'needs one of { json: path }, { header: name }, { cookie: name }, { regex: pattern }' },
);

const step = z
  .strictObject({
    name: z.string().min(1).max(64).optional().describe('Method and path if absent'),
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      .default('GET')
      .describe('Of the request'),
    path: z
      .string()
      .regex(/^(?:\/|\{location\})[^\s]*$/, 'needs a path that starts with /, or {location}')
      .describe('Of the request; `{name}` stands for what was captured'),
    headers: writtenHeaders.default({}).describe('Of the request; text, or { secret: name }'),
    body: z.string().optional().describe('Of the request'),
    json: writtenJson.optional().describe('Of the request, as JSON; a secret as { secret: name }'),
    form: writtenHeaders
      .optional()
      .describe('Of the request, as a form; text, or { secret: name }'),
    expect: stepExpectation.prefault({}).describe('What the answer must be like'),
    capture: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/), capture)
      .default({})
      .describe('What later steps need of the answer, by the name of its placeholder'),
  })
  .refine(
    ({ body, json, form }) => [body, json, form].filter((it) => it !== undefined).length < 2,
    {
      error: 'has more than one of body, json and form',
    },
  );
/** One step as the manifest has it. */
export type WrittenStep = z.output<typeof step>;

const steps = z
  .array(step)
  .min(1)
  .max(50)
  .superRefine((written, { addIssue }) => {
    const known = new Set(given);
    for (const [i, { path, headers, capture }] of written.entries()) {
      const texts = [path, ...Object.values(headers).filter((it) => typeof it === 'string')];
      const unknown = texts.flatMap(placeholdersIn).find((name) => !known.has(name));
      if (unknown !== undefined) {
        const message = `{${unknown}} was captured by no step before; known are ${[...known].join(', ')}`;
        addIssue({ code: 'custom', path: [i, 'path'], message });
      }
      for (const name of Object.keys(capture)) known.add(name);
    }
  });

const schema = z
  .strictObject({
    kind: z.literal('journey'),
    ...checkBase,
    timeout: checkBase.timeout.prefault('30s'),
    through: throughSchema,
    steps: steps.optional().describe('What a user does, one after the other, with cookies'),
    har: fileLocation
      .optional()
      .describe('A recording instead: a file of the artifact, or s3://bucket/key on AWS'),
    headers: writtenHeaders.default({}).describe('Of every request; text, or { secret: name }'),
    host: z
      .string()
      .regex(/^[a-z0-9.-]+$/, 'needs a host name in lower case')
      .optional()
      .describe('As users know it: where cookies belong; sent as X-Forwarded-Host'),
    onBlue: z
      .enum(['always', 'after-failure', 'never'])
      .optional()
      .describe(
        'Whether blue is asked for the same: to compare, only to tell whose fault it is, or not; never if absent and a step may write, else always',
      ),
    differences: z
      .enum(['fail', 'warn', 'ignore'])
      .default('fail')
      .describe('What to make of answers that are as expected, and yet unlike those of blue'),
    allowAdded: z
      .boolean()
      .default(true)
      .describe('Keys of JSON that blue lacks are no difference'),
    ignore: z
      .array(z.string().min(1).max(200))
      .max(100)
      .default([])
      .describe('Paths in JSON that are not compared, for instance items[*].discount'),
    writes: z
      .boolean()
      .default(false)
      .describe('Whether a green that has users may be asked with other methods than GET, too'),
  })
  .refine(({ steps, har }) => (steps === undefined) !== (har === undefined), {
    path: ['steps'],
    error: 'needs one of steps and har',
  });
/** The manifest's part, read. */
export type JourneyConfig = z.output<typeof schema>;

/** What a user does in several steps, on green and on blue. */
export const journeyKind: CheckKind = {
  kind: 'journey',
  schema,
  async create(config, deps) {
    const { createJourneyCheck } = await import('./journey/check.ts');
    return createJourneyCheck(schema.parse(config), deps);
  },
};
