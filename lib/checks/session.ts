import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { atMost } from '../release/quantities.ts';
import type { CheckKind } from './index.ts';
import {
  answerExpectation,
  servicePath,
  textOrSecret,
  writtenHeaders,
  writtenJson,
} from './written-requests.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function writtenRequest(method: (typeof methods)[number], meaning: string) {
  return z
    .strictObject({
      method: z.enum(methods).default(method).describe('Of the request'),
      path: servicePath.describe(meaning),
      headers: writtenHeaders
        .default({})
        .describe('Of the request; a value may be { secret: name }'),
      json: writtenJson
        .optional()
        .describe('Its body; { secret: name } stands for a secret at any place'),
      form: z
        .record(z.string().min(1), textOrSecret)
        .optional()
        .describe('Its body as a form of a page sends it, in the place of json'),
      expect: answerExpectation.prefault({}).describe('What the answer must be like'),
    })
    .refine(({ json, form }) => json === undefined || form === undefined, {
      path: ['form'],
      error: 'stands beside json; a request has one body',
    });
}

const stateSchema = z.strictObject({
  put: writtenRequest('POST', 'What puts something into a session').describe(
    'Puts something into the session on one side',
  ),
  see: writtenRequest('GET', 'What shows it').describe('Must show it on the other side'),
  repeat: z
    .boolean()
    .default(true)
    .describe('Whether put may be sent again on green, where it must leave the same to be seen'),
});

const schema = z
  .strictObject({
    kind: z.literal('session'),
    ...checkBase,
    timeout: atMost('60s')
      .prefault('30s')
      .describe(checkBase.timeout.description ?? ''),
    carry: z
      .enum(['cookie', 'bearer'])
      .default('cookie')
      .describe('How clients bring their session: what Set-Cookie gave them, or a token'),
    token: z
      .string()
      .min(1)
      .optional()
      .describe('With bearer: dotted path to the token in the answer to login'),
    url: z
      .url({ protocol: /^https?$/, error: 'needs the URL of the service as browsers know it' })
      .optional()
      .describe('How browsers know the service, so that cookies are taken as they would take them'),
    login: writtenRequest('POST', 'Where clients log in').describe('Makes a session'),
    verify: writtenRequest('GET', 'What only a session may see').describe(
      'Must be answered as expected with a session, and not without',
    ),
    state: stateSchema.optional().describe('What has to come along with the session'),
    samples: z
      .int()
      .min(1)
      .max(20)
      .default(3)
      .describe('So many sessions are made on each side, one after the other'),
  })
  .refine(({ carry, token }) => (carry === 'bearer') === (token !== undefined), {
    path: ['token'],
    error: 'belongs to carry: bearer, which needs it',
  });

/** The manifest's part with its defaults. */
export type SessionConfig = z.output<typeof schema>;
export type WrittenRequest = SessionConfig['login'];

/** Whether sessions outlive the switch, and a rollback. */
export const sessionKind: CheckKind = {
  kind: 'session',
  schema,
  async create(config, { timers }) {
    const { createSessionCheck } = await import('./session/check.ts');
    return createSessionCheck(schema.parse(config), { timers });
  },
};
