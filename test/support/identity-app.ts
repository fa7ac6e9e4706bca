import { createHash } from 'node:crypto';
import { createAccess, parseAccess } from '../../lib/http/access-rules.ts';
import { createApp } from '../../lib/http/app.ts';
import { createIdentity, type IdentityDeps } from '../../lib/http/auth/identity.ts';
import { createSharedToken } from '../../lib/http/auth/shared-token.ts';
import type { AwsCaller } from '../../lib/http/authenticate.ts';
import type { ApiToken } from '../../lib/ledger/ledger.ts';
import type { Grant } from '../../lib/release/access.ts';
import { isoTime } from '../../lib/release/clock.ts';
import type { Logger } from '../../lib/release/logger.ts';
import type { LogLine } from './api-server.ts';
import { testToken } from './api-server.ts';
import { createMemoryLedger } from './fakes/ledger.ts';
import { createFakeOperations } from './fakes/operations.ts';
import { createFakeSecrets } from './fakes/secrets.ts';
import { createTestIssuer, testAudience } from './issuer.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** Whom the test application's rules are for. */
export const testRules = [
  { claim: 'groups', value: 'release-team', role: 'operator', services: ['storefront'] },
  { claim: 'groups', value: 'everybody', role: 'viewer' },
  { arn: 'arn:aws:sts::123456789012:assumed-role/Deployer/*', role: 'releaser' },
];

const origin = 'http://127.0.0.1:7420';

/** The real application with every way to sign in, over fakes. */
export async function createIdentityApp(differs: Partial<IdentityDeps> = {}) {
  const clock = createVirtualClock();
  const issuer = await createTestIssuer(clock.now());
  const ledger = createMemoryLedger();
  const operations = createFakeOperations();
  const secrets = createFakeSecrets({ 'verdigris-signing': ['signing-secret-of-today'] });
  const { log, lines } = createTestLog();
  const oidc = { issuer: issuer.url, audience: testAudience, clientId: 'verdigris' };
  const identity = createIdentity({
    sharedToken: createSharedToken(testToken),
    access: createAccess(parseAccess({ oidc, rules: testRules }, 'access')),
    ledger,
    secrets,
    clock,
    log,
    publicUrl: null,
    isSecure: false,
    fetch: issuer.fetch,
    ...differs,
  });
  const connection = { awsCaller: null as AwsCaller | null, remoteAddress: '192.0.2.1' };
  const app = createApp({
    operations,
    ...identity,
    connectionOf: () => connection,
    log,
    version: '0.0.0-test',
    manifestSchema: () => ({}),
  });

  /** Asks for a path as a browser or program would. */
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET', body?: object) =>
    app.request(`${origin}${path}`, {
      method,
      headers: { host: '127.0.0.1:7420', ...(body ? json : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const bearer = (token: string, path = '/api/session') =>
    ask(path, { authorization: `Bearer ${token}` });

  return {
    app,
    ask,
    bearer,
    clock,
    connection,
    issuer,
    ledger,
    lines,
    operations,
    secrets,
    identity,
  };
}

const json = { 'content-type': 'application/json' };

/** The `name=value` of a cookie that an answer sets. */
export function cookieFrom(answer: Response): string {
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

/** A token of a machine that {@link createIdentityApp}'s ledger does not know yet, with its record. */
export function machineToken(
  nowMs: number,
  differs: Partial<ApiToken> & { grants?: Grant[] } = {},
): { token: string; record: ApiToken } {
  const { id = 'token0123456789' } = differs;
  const token = `vgt_${id}_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG`;
  const hash = createHash('sha256').update(token).digest('hex');
  const record: ApiToken = {
    id,
    name: 'ci',
    hash,
    grants: [{ role: 'releaser', services: ['storefront'] }],
    createdBy: 'grace',
    createdAt: isoTime(nowMs),
    expiresAt: null,
    revokedAt: null,
    revokedBy: null,
    ...differs,
  };
  return { token, record };
}

function createTestLog() {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (message: string, facts?: Record<string, unknown>) =>
    void lines.push({ level, message, facts: facts ?? {} });
  const log: Logger = { info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}
