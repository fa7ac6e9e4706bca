import type { EC2Client } from '@aws-sdk/client-ec2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { atMost } from '../release/quantities.ts';
import type { CheckKind } from './index.ts';
import { allowSchema } from './path-patterns.ts';

/** What is used of the SDK's clients. */
export type Ec2Api = Pick<EC2Client, 'send'>;
export type IamApi = Pick<IAMClient, 'send'>;
export type LambdaApi = Pick<LambdaClient, 'send'>;

const path = z.string().regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /login');
const method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const request = z.strictObject({
  path: path.describe('What both sides are asked for'),
  method: method
    .default('GET')
    .describe('Others than GET, HEAD and OPTIONS only before green is live, and to green alone'),
  headers: z.record(z.string().min(1), z.string()).default({}).describe('Of the request'),
  body: z.string().optional().describe('Of the request'),
});

const refused = z
  .union(
    [
      path,
      z.strictObject({
        path: path.describe('What is asked for'),
        method: method.default('GET').describe('Of the request'),
      }),
    ],
    {
      error: 'needs a path such as /internal/secrets, or { path, method }',
    },
  )
  .transform((written) =>
    typeof written === 'string' ? { path: written, method: 'GET' as const } : written,
  );

const tls = z.strictObject({
  host: z
    .string()
    .min(1)
    .optional()
    .describe("The name that green's certificate has to be for; that of its address if absent"),
  minimum: z
    .enum(['TLSv1.2', 'TLSv1.3'])
    .default('TLSv1.2')
    .describe('Below which green may not speak, whatever blue does'),
  expiresAfter: atMost('400d')
    .prefault('14d')
    .describe('A certificate that expires earlier is told of'),
});

/** What can be looked at. */
export const aspects = ['headers', 'tls', 'permissions', 'exposure'] as const;

const schema = z.strictObject({
  kind: z.literal('security'),
  ...checkBase,
  timeout: atMost('60s')
    .prefault('30s')
    .describe(checkBase.timeout.description ?? ''),
  look: z
    .array(z.enum(aspects))
    .min(1)
    .default([...aspects])
    .describe('At what'),
  requests: z
    .array(request)
    .min(1)
    .max(20)
    .prefault([{ path: '/' }])
    .describe('Whose headers and cookies are looked at'),
  writesOnBlue: z
    .boolean()
    .default(false)
    .describe(
      'Whether requests that may write go to blue, too, which has users: to compare what they set',
    ),
  cookiesMustHave: z
    .array(z.enum(['HttpOnly', 'Secure', 'SameSite']))
    .default(['HttpOnly'])
    .describe('What every cookie has to have that a request sets which goes to green alone'),
  mustBeRefused: z
    .array(refused)
    .max(50)
    .default([])
    .describe(
      'Paths that green has to refuse to whoever shows nothing: 401, 403, 404 or a redirect',
    ),
  tls: tls.prefault({}).describe('Where green has an https address'),
  allow: allowSchema.describe(
    'What may be weaker than on blue: `headers.x-frame-options`, `permissions.*`; `*` stands for any text',
  ),
});

/** The manifest's part, read. */
export type SecurityConfig = z.output<typeof schema>;
export type SecurityRequest = z.output<typeof request>;
export type RefusedRequest = z.output<typeof refused>;
export type CookieFlag = SecurityConfig['cookiesMustHave'][number];
export type TlsConfig = z.output<typeof tls>;

/** Whether green is as safe as blue: TLS, headers, cookies, permissions, and what the world can reach. */
export const securityKind: CheckKind = {
  kind: 'security',
  schema,
  async create(config, deps) {
    const { createSecurityCheck } = await import('./security/check.ts');
    return createSecurityCheck(schema.parse(config), deps);
  },
};
