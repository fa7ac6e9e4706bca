import { isIP } from 'node:net';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { awsOnly } from '../release/kind.ts';
import { checkBase } from '../release/manifest.ts';
import { atMost } from '../release/quantities.ts';
import type { CheckKind } from './index.ts';
import { parseDestination } from './network/destination.ts';
import { servicePath, writtenHeaders } from './written-requests.ts';

/** The one call of the SDK's client. */
export type LambdaApi = Pick<LambdaClient, 'send'>;

/** The longest name that DNS has (RFC 1035, section 2.3.4). */
const longestHost = 253;
const namePattern = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;

function isHost(text: string): boolean {
  if (text.length > longestHost || text.includes('%')) return false;
  return namePattern.test(text) || isIP(text) !== 0;
}

const targetSchema = z.union(
  [
    z.string().transform((text, { addIssue }) => {
      const [, bracketed, plain, digits] =
        /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
      const host = bracketed ?? plain ?? '';
      const port = Number(digits);
      if (isHost(host) && port >= 1 && port <= 65_535)
        return { host, port, tls: false, critical: false };
      addIssue({ code: 'custom', message: 'needs host:port, such as db.internal:5432' });
      return z.NEVER;
    }),
    z.strictObject({
      host: z
        .string()
        .refine(isHost, 'needs a host name or an IP address')
        .describe('Name or address'),
      port: z.int().min(1).max(65_535).describe('Its TCP port'),
      tls: z.boolean().default(false).describe('Whether a TLS handshake has to work, too'),
      critical: z
        .boolean()
        .default(false)
        .describe('Closed, it fails the check even where it is closed to blue, too'),
    }),
  ],
  { error: 'needs host:port, or { host, port }' },
);

const probeSchema = z
  .strictObject({
    path: servicePath
      .refine(
        (path) => path.includes('{host}') && path.includes('{port}'),
        'needs {host} and {port} in it, which are filled in',
      )
      .optional()
      .describe(
        'A path of the service that tries a connection; {host}, {port} and {tls} are filled in',
      ),
    headers: writtenHeaders.default({}).describe('Of the request; a value may be { secret: name }'),
    open: z
      .string()
      .min(1)
      .default('open')
      .describe('Path to true or false in its JSON answer: whether the connection came about'),
    error: z.string().min(1).default('error').describe('Path to the reason why not'),
    functionName: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs the name of a function, not an ARN: A-Z a-z 0-9 - _')
      .optional()
      .describe('In the place of path: a Lambda function that runs where green does and tries'),
    alias: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,128}$/, 'needs the name of an alias')
      .default('live')
      .describe('Of that function'),
  })
  .refine(({ path, functionName }) => (path === undefined) !== (functionName === undefined), {
    path: ['path'],
    error: 'or functionName is needed, one of the two',
  });

const declaredSchema = z.strictObject({
  path: servicePath.describe('Where green tells whom it calls, as JSON'),
  headers: writtenHeaders.default({}).describe('Of the request; a value may be { secret: name }'),
  at: z
    .string()
    .min(1)
    .optional()
    .describe('Dotted path to the list in the answer; the answer itself if absent'),
});

const schema = z
  .strictObject({
    kind: z.literal('network'),
    ...checkBase,
    timeout: atMost('60s')
      .prefault('30s')
      .describe(checkBase.timeout.description ?? ''),
    targets: z
      .array(targetSchema)
      .max(50)
      .default([])
      .describe('What green has to reach: host:port, or { host, port, tls, critical }'),
    probe: probeSchema.optional().describe('Who tries: it has to be done from where green runs'),
    declared: declaredSchema.optional().describe('Whom green says that it calls'),
    allowed: z
      .array(
        z
          .string()
          .refine(
            (text) => parseDestination(text) !== null,
            'needs host, host:port, host:first-last, with *. before it for all hosts below',
          ),
      )
      .max(500)
      .optional()
      .describe('Whom it may call: host, host:port, host:first-last, *.example.com:443'),
  })
  .refine(({ targets, probe }) => targets.length === 0 || probe !== undefined, {
    path: ['probe'],
    error: 'is missing; targets have to be tried from where green runs',
  })
  .refine(({ declared, allowed }) => declared === undefined || allowed !== undefined, {
    path: ['allowed'],
    error: 'is missing; what green declares is held against it',
  })
  .refine(({ targets, declared }) => targets.length > 0 || declared !== undefined, {
    path: ['targets'],
    error: 'is missing, and so is declared; one of them is needed',
  })
  .refine(({ targets, probe }) => canTryTls(probe) || targets.every(({ tls }) => !tls), {
    path: ['probe', 'path'],
    error: 'needs {tls} in it, as some target wants TLS',
  });

/** The manifest's part with its defaults. */
export type NetworkConfig = z.output<typeof schema>;
export type Target = NetworkConfig['targets'][number];
export type ProbeConfig = z.output<typeof probeSchema>;

/** A path can only try TLS where it is told to. */
function canTryTls(probe: ProbeConfig | undefined): boolean {
  return probe?.path === undefined || probe.path.includes('{tls}');
}

/** Whether green can reach what it needs from where it runs. */
export const networkKind: CheckKind = {
  kind: 'network',
  schema,
  async create(config, { timers, lambda }) {
    const parsed = schema.parse(config);
    if (parsed.probe?.functionName !== undefined && !lambda)
      throw awsOnly('check', 'network with probe.functionName');
    const { createNetworkCheck } = await import('./network/check.ts');
    return createNetworkCheck(parsed, { timers, lambda });
  },
};
