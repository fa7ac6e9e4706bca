import { readFileSync } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { httpHandler } from '../../../lib/platform/http-handler.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import type { Ports } from '../../../lib/steps/ports.ts';
import { createMemoryLedger } from '../../support/fakes/ledger.ts';
import { createFakeOperations, fixtureCheckRun } from '../../support/fakes/operations.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { githubHeaders } from '../../support/webhooks.ts';
import { githubRelease } from '../http/webhooks/payloads.ts';

const token = 'a-token-of-many-characters';
const context = { functionName: 'http', awsRequestId: 'request-1' } as unknown as Context;

/** A request in API Gateway's payload format 2.0, as a `$default` route gets it. */
function request(method: string, path: string, body?: string): APIGatewayProxyEventV2 {
  const [rawPath = '', rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: {
      authorization: `Bearer ${token}`,
      'x-verdigris-actor': 'grace',
      host: 'abc123.execute-api.eu-central-1.amazonaws.com',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc123',
      domainName: 'abc123.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'abc123',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'x' },
      requestId: 'r1',
      routeKey: '$default',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1767225600000,
    },
    ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64') }),
    isBase64Encoded: body !== undefined,
  };
}

function prepare(variables: Record<string, string> = {}) {
  const operations = createFakeOperations();
  const clock = createVirtualClock();
  const ledger = createMemoryLedger();
  const ports = { clock, ledger, log: silentLogger } as unknown as Ports;
  const makePorts = vi.fn(() => ports);
  const readToken = vi.fn(async () => token);
  const runCheck = vi.fn(async () => fixtureCheckRun());
  const handler = httpHandler(() => operations, {
    logger: new Logger({ logLevel: 'SILENT' }),
    ports: makePorts,
    readToken,
    secrets: () => ({ read: async () => [token] }),
    runCheck,
    variables,
  });
  return { operations, handler, makePorts, readToken, runCheck };
}

describe('the HTTP API on Lambda', () => {
  it('has checks run by the function that may', async () => {
    const { handler, operations, runCheck } = prepare();
    const answer = await handler(
      request('POST', '/api/services/storefront/checks', '{"check":"health"}'),
      context,
    );

    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toEqual(fixtureCheckRun());
    const asked = {
      service: 'storefront',
      check: 'health',
      isPreflight: false,
      artifact: null,
      waitedSeconds: 0,
    };
    expect(runCheck).toHaveBeenCalledExactlyOnceWith(asked);
    expect(operations.calls).toEqual([]);
  });

  it('tells its health and the version of the package, without a token being read', async () => {
    const { handler, readToken } = prepare();
    const answer = await handler(request('GET', '/healthz'), context);

    const file = new URL('../../../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 'ok', version });
    expect(readToken).not.toHaveBeenCalled();
  });

  it('takes query, body and name of who asks from the event', async () => {
    const { handler, operations } = prepare();
    const artifact = { uri: 's3://b/ü.zip', version: 'v2' };
    const body = JSON.stringify({ service: 'storefront', artifact });
    const started = await handler(request('POST', '/api/releases', body), context);
    const listed = await handler(
      request('GET', '/api/releases?service=storefront&limit=5'),
      context,
    );

    expect([started.statusCode, listed.statusCode]).toEqual([201, 200]);
    expect(operations.calls).toEqual([
      ['startRelease', { service: 'storefront', artifact, by: 'grace' }],
      ['listReleases', { limit: 5, service: 'storefront' }],
    ]);
  });

  it('refuses another token with 401', async () => {
    const { handler, operations } = prepare();
    const event = request('GET', '/api/services');
    event.headers.authorization = 'Bearer something-else-altogether';
    const answer = await handler(event, context);

    expect(answer.statusCode).toBe(401);
    expect(operations.calls).toEqual([]);
  });

  it("gives the manifest's JSON schema", async () => {
    const { handler } = prepare();
    const answer = await handler(request('GET', '/api/schema'), context);

    expect(JSON.parse(answer.body)).toMatchObject({ title: 'Verdigris manifest' });
  });

  it.each([true, false])(
    'checks the signature of a webhook over the very bytes that were sent (base64: %s)',
    async (isBase64Encoded) => {
      const { handler, operations } = prepare();
      const artifact = { uri: 's3://builds/{tag}.zip', version: '{tag}' };
      const repository = 'acme/storefront';
      const config = { kind: 'github', secret: 'web', repository, event: 'release', artifact };
      operations.webhooks.push({ service: 'storefront', config });
      // Spaces, an escape and a letter outside of ASCII: none of it survives another way of writing.
      const sent = JSON.stringify({ ...githubRelease(), note: 'ü\u2028😀' }, null, 3);
      const event = request('POST', '/webhooks/github');
      Object.assign(event.headers, githubHeaders('release', sent, { secret: token }));
      const body = isBase64Encoded ? Buffer.from(sent).toString('base64') : sent;
      const answer = await handler({ ...event, body, isBase64Encoded }, context);
      const other = Buffer.from(`${sent}\n`).toString('base64');
      const changed = await handler({ ...event, body: other, isBase64Encoded: true }, context);

      expect([answer.statusCode, changed.statusCode]).toEqual([202, 401]);
      expect(operations.startedOnce.size).toBe(1);
    },
  );

  it('is made once per container, with its first request', async () => {
    const { handler, makePorts } = prepare();
    expect(makePorts).not.toHaveBeenCalled();
    await handler(request('GET', '/healthz'), context);
    await handler(request('GET', '/healthz'), context);

    expect(makePorts).toHaveBeenCalledOnce();
  });
});

describe('an AWS caller, whose signature API Gateway has checked', () => {
  const arn = 'arn:aws:sts::123456789012:assumed-role/Deployer/ada';
  const rules = [{ arn: 'arn:aws:sts::123456789012:assumed-role/Deployer/*', role: 'releaser' }];
  const variables = { VERDIGRIS_ACCESS: JSON.stringify({ rules }) };
  const iam = { userArn: arn, accountId: '123456789012', accessKey: 'AKIA', callerId: 'AROA:ada' };

  /** What API Gateway makes of a request to the route with the IAM authorizer. */
  function signed(method: string, path: string, differs: object = {}) {
    const event = request(method, path);
    event.headers.authorization = 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/…';
    const requestContext = { ...event.requestContext, authorizer: { iam } };
    return { ...event, routeKey: 'ANY /aws/{proxy+}', requestContext, ...differs };
  }

  it('has the API under /aws, with the rights that the rules give', async () => {
    const { handler, operations } = prepare(variables);
    const answer = await handler(signed('GET', '/aws/api/session'), context);
    const listed = await handler(signed('GET', '/aws/api/releases?limit=5'), context);
    const frozen = await handler(signed('DELETE', '/aws/api/freezes/storefront'), context);

    expect(JSON.parse(answer.body)).toMatchObject({
      actor: 'aws:123456789012:assumed-role/Deployer/ada',
      via: 'aws',
    });
    expect([listed.statusCode, frozen.statusCode]).toEqual([200, 403]);
    expect(operations.calls).toEqual([['listReleases', { limit: 5 }]]);
  });

  it('has no rights that no rule gives', async () => {
    const { handler } = prepare();
    expect((await handler(signed('GET', '/aws/api/session'), context)).statusCode).toBe(403);
  });

  const { requestContext: bare } = request('GET', '/aws/api/session');
  it.each([
    ['on another route', { routeKey: '$default' }],
    ['without the authorizer', { requestContext: bare }],
    ['by another authorizer', { requestContext: { ...bare, authorizer: { lambda: { iam } } } }],
    [
      'by the names of an older format',
      { requestContext: { ...bare, identity: { userArn: arn } } },
    ],
  ])('is nobody %s', async (_, differs) => {
    const { handler } = prepare(variables);
    const event = signed('GET', '/aws/api/session', differs);
    const plain = signed('GET', '/api/session', differs);

    for (const it of [event, plain]) {
      const answer = await handler(it, context);
      expect([401, 404]).toContain(answer.statusCode);
    }
  });

  it('finds nothing but the API under /aws', async () => {
    const { handler } = prepare(variables);
    for (const path of [
      '/aws/auth/options',
      '/aws/healthz',
      '/aws//api/session',
      '/aws/aws/api/session',
    ]) {
      expect([path, (await handler(signed('GET', path), context)).statusCode]).toEqual([path, 404]);
    }
  });

  it('is refused with the function when the rules are malformed, and told which one', async () => {
    const wrong = { VERDIGRIS_ACCESS: '{"rules":[{"arn":"*","role":"viewer"}]}' };
    const { handler } = prepare(wrong);
    await expect(handler(request('GET', '/healthz'), context)).rejects.toThrow(
      /VERDIGRIS_ACCESS\.rules\[0\]\.arn: needs arn:aws/,
    );
  });
});

describe('a browser on AWS', () => {
  it('signs in with a cookie for https alone, and is limited by its address', async () => {
    const { handler } = prepare();
    const signIn = (given: string) =>
      handler(request('POST', '/auth/session', JSON.stringify({ token: given })), context);
    const answer = await signIn(token);
    const guesses: number[] = [];
    for (let i = 0; i < 21; i += 1)
      guesses.push((await signIn(`guess-${i}-0123456789`)).statusCode);

    expect(answer.cookies?.[0]).toMatch(/^__Host-verdigris=.*; HttpOnly; Secure; SameSite=Strict$/);
    expect(guesses.slice(-2)).toEqual([401, 429]);

    const event = request('GET', '/api/session');
    delete event.headers.authorization;
    event.cookies = [answer.cookies?.[0]?.split(';')[0] ?? ''];
    const session = await handler(event, context);
    expect(JSON.parse(session.body)).toMatchObject({ via: 'session', actor: 'operator' });
  });
});
