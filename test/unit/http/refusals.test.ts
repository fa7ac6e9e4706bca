import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bodyLimitBytes } from '../../../lib/http/api.ts';
import { type ErrorName, errorCatalogue, VerdigrisError } from '../../../lib/release/errors.ts';
import { createTestApp, errorOf, startTestApi, testToken } from '../../support/api-server.ts';

const authorization = { authorization: `Bearer ${testToken}` };

async function send(method: string, path: string, body: string, contentType = 'application/json') {
  const { app, operations, lines } = createTestApp();
  const headers = { ...authorization, 'content-type': contentType };
  const answer = await app.request(path, { method, headers, body });
  const error = await errorOf(answer);
  return { status: answer.status, error, operations, lines, headers: answer.headers };
}

describe('routes that do not exist', () => {
  it('answers 404 for an unknown path, outside the API too', async () => {
    const { app } = createTestApp();
    for (const path of ['/api/nothing', '/nothing', '/api/releases/rel1/nothing']) {
      const answer = await app.request(path, { headers: authorization });
      expect(answer.status).toBe(404);
      expect(await errorOf(answer)).toMatchObject({
        name: 'RouteUnknownError',
        code: 'VG122',
      });
    }
  });

  it.each([
    ['PATCH', '/api/services', 'GET, HEAD'],
    ['GET', '/api/releases/rel1/approve', 'POST'],
    ['POST', '/api/freezes/storefront', 'DELETE, PUT'],
    ['OPTIONS', '/healthz', 'GET, HEAD'],
  ])('answers 405 to %s %s and says what would be right', async (method, path, allowed) => {
    const { app } = createTestApp();
    const answer = await app.request(path, { method, headers: authorization });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')?.split(', ').sort().join(', ')).toBe(allowed);
    expect((await errorOf(answer)).message).toContain('answers to');
  });

  it.each(['%zz', '..%2f..%2fetc', '__proto__', 'a b', '%00', 'x'.repeat(2000), '%F0%9F%92%A5'])(
    'answers 404 for %j as a release without asking for it',
    async (id) => {
      const { app, operations } = createTestApp();
      const answer = await app.request(`/api/releases/${id}`, { headers: authorization });
      expect(answer.status).toBe(404);
      expect(operations.calls).toEqual([]);
    },
  );

  it('answers 404 for what cannot be a service', async () => {
    const { status, error, operations } = await send('POST', '/api/services/No_Such/rollback', '');
    expect([status, error.name]).toEqual([404, 'ServiceUnknownError']);
    expect(operations.calls).toEqual([]);
  });

  it('refuses a freeze of what cannot be a scope', async () => {
    const { status, error } = await send('PUT', '/api/freezes/Not%20One', '{"reason":"x"}');
    expect([status, error.message]).toEqual([
      400,
      'scope: needs the name of a service, or * for all',
    ]);
  });
});

describe('bodies that cannot be read', () => {
  it('says where JSON is malformed', async () => {
    const { status, error } = await send('POST', '/api/releases', '{\n  "service": "a" "b"\n}');
    expect([status, error.name, error.code]).toEqual([400, 'RequestInvalidError', 'VG103']);
    expect(error.message).toMatch(/^body: is not valid JSON: .*line 2 column 18/);
  });

  it.each([
    [
      'POST',
      '/api/releases',
      'text/plain',
      'Content-Type: "text/plain" is not understood here; send application/json',
    ],
    [
      'POST',
      '/api/releases',
      'application/yaml',
      'Content-Type: "application/yaml" is not understood here; send application/json; `verdigris apply FILE` turns YAML into it',
    ],
    [
      'PUT',
      '/api/services/storefront',
      'text/html',
      'Content-Type: "text/html" is not understood here; send application/json',
    ],
  ])('refuses %s %s as %s', async (method, path, contentType, message) => {
    const { status, error } = await send(method, path, '{}', contentType);
    expect([status, error.message]).toEqual([400, message]);
  });

  it.each(['null', '[]', '"text"', '1', 'true'])(
    'refuses %s where an object is due',
    async (body) => {
      const release = await send('POST', '/api/releases', body);
      const manifest = await send('PUT', '/api/services/storefront', body);
      expect([release.status, release.error.name]).toEqual([400, 'RequestInvalidError']);
      expect([manifest.status, manifest.error.name]).toEqual([400, 'ManifestInvalidError']);
    },
  );

  it('refuses a body that declares itself too large', async () => {
    const { status, error, operations } = await send(
      'PUT',
      '/api/services/storefront',
      JSON.stringify({ filler: 'x'.repeat(bodyLimitBytes) }),
    );
    expect([status, error.name, error.code]).toEqual([413, 'RequestTooLargeError', 'VG104']);
    expect(operations.calls).toEqual([]);
  });

  it('refuses a chunked body as soon as it is too large, and goes on serving', async () => {
    const api = await startTestApi();
    onTestFinished(api.close);
    const first = await sendChunks(`${api.url}/api/services/storefront`, 40);
    const next = await fetch(`${api.url}/healthz`);
    expect(first).toMatchObject({ status: 413, error: { name: 'RequestTooLargeError' } });
    expect(next.status).toBe(200);
    expect(api.operations.calls).toEqual([]);
  });

  it('refuses a large chunked body without a token before it reads it', async () => {
    const api = await startTestApi();
    onTestFinished(api.close);
    const answer = await sendChunks(`${api.url}/api/releases`, 40, {});
    expect(answer.status).toBe(401);
  });
});

/** PUTs that many chunks of 16 KiB without a Content-Length. */
async function sendChunks(url: string, chunks: number, headers: object = authorization) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; error: unknown }>();
  const call = request(
    url,
    { method: 'PUT', headers: { ...headers, 'content-type': 'application/json' } },
    async (answer) => {
      const text = (await answer.toArray()).join('');
      resolve({ status: answer.statusCode ?? 0, error: JSON.parse(text).error });
    },
  );
  // The server may hang up on what it has already refused: only an answer that never comes counts.
  let isAnswered = false;
  call.on('response', () => {
    isAnswered = true;
  });
  call.on('error', (error) => {
    if (!isAnswered) reject(error);
  });
  for (let i = 0; i < chunks; i += 1) call.write('x'.repeat(16_384));
  call.end();
  return promise;
}

describe('bodies that say something wrong', () => {
  const artifact = { uri: '/a', version: 'v2' };
  it.each([
    [
      { service: 'storefront', artefact: artifact },
      'artefact: is not a known key; did you mean "artifact"?',
    ],
    [
      { service: 'storefront', artifact: { ...artifact, verison: 1 } },
      'artifact.verison: is not a known key; did you mean "version"?',
    ],
    [{ service: 'storefront' }, 'artifact: is missing'],
    [{ service: 'S', artifact }, 'service: needs 2 to 40 of a-z 0-9 -, starting with a letter'],
    [
      { service: 'storefront', artifact: { ...artifact, digest: 'md5:1' } },
      'artifact.digest: needs sha256: and 64 hex digits',
    ],
  ])('refuses %j', async (body, message) => {
    const { status, error, operations } = await send('POST', '/api/releases', JSON.stringify(body));
    expect(status).toBe(400);
    expect(error.message.split('\n')).toContain(message);
    expect(error.details).toHaveProperty('issues[0].path');
    expect(operations.calls).toEqual([]);
  });

  it.each([
    [
      '/api/releases/rel1/approve',
      { raeson: 'x' },
      'raeson: is not a known key; did you mean "reason"?',
    ],
    ['/api/releases/rel1/reject', { reason: ' ' }, 'reason: needs at least one character'],
    [
      '/api/releases/rel1/rollback',
      { reason: 'x'.repeat(501) },
      'reason: is longer than 500 characters',
    ],
    [
      '/api/releases/rel1/resume',
      { decision: 'maybe' },
      'decision: needs "continue" or "rollback"',
    ],
    ['/api/releases/rel1/resume', {}, 'decision: needs "continue" or "rollback"'],
  ])('refuses POST %s %j', async (path, body, message) => {
    const { status, error } = await send('POST', path, JSON.stringify(body));
    expect([status, error.message]).toEqual([400, message]);
  });

  it('refuses a freeze without a reason', async () => {
    const { status, error } = await send('PUT', '/api/freezes/storefront', '{}');
    expect([status, error.message]).toEqual([400, 'reason: is missing']);
  });

  it.each([
    ['limit=0', 'limit: needs a whole number from 1 to 200'],
    ['limit=201', 'limit: needs a whole number from 1 to 200'],
    ['limit=1e2', 'limit: needs a whole number from 1 to 200'],
    ['sevice=a', 'sevice: is not a known key; did you mean "service"?'],
    ['service=A', 'service: needs 2 to 40 of a-z 0-9 -, starting with a letter'],
  ])('refuses the query %s', async (query, message) => {
    const { app } = createTestApp();
    const answer = await app.request(`/api/releases?${query}`, { headers: authorization });
    expect([answer.status, (await errorOf(answer)).message]).toEqual([400, message]);
  });
});

describe('bodies that mean harm', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it('refuses a manifest that is nested too deeply, however deep', async () => {
    for (const depth of [33, 1000, 30_000]) {
      const { status, error, operations } = await send(
        'PUT',
        '/api/services/storefront',
        `{"service":${nested(depth)}}`,
      );
      expect([status, error.name]).toEqual([400, 'RequestInvalidError']);
      expect(operations.calls).toEqual([]);
    }
  });

  it('refuses a release whose artifact is nested without an end', async () => {
    const { status } = await send('POST', '/api/releases', `{"artifact":${nested(120_000)}}`);
    expect(status).toBe(400);
  });

  it('refuses a manifest that reaches for a prototype', async () => {
    const body = '{"a":{"__proto__":{"isAdmin":true}}}';
    const { status, error } = await send('PUT', '/api/services/storefront', body);
    expect([status, error.message]).toEqual([
      400,
      'a: has a key "__proto__", which is not allowed',
    ]);
    expect({}).not.toHaveProperty('isAdmin');
  });
});

describe('errors of the conductor', () => {
  it.each(Object.keys(errorCatalogue) as ErrorName[])(
    'answers %s with its status',
    async (name) => {
      const { app, operations } = createTestApp({}, { isDocumented: false });
      operations.failNext('listServices', new VerdigrisError(name, 'why', { details: { a: 1 } }));
      const answer = await app.request('/api/services', { headers: authorization });
      const { code, httpStatus } = errorCatalogue[name];
      expect(answer.status).toBe(httpStatus);
      expect(await answer.json()).toEqual({
        error: { name, code, message: 'why', details: { a: 1 } },
      });
    },
  );

  it('knows an error again that lost its class', async () => {
    const { app, operations } = createTestApp({}, { isDocumented: false });
    const plain = Object.assign(new Error('busy with rel1'), { name: 'ReleaseInProgressError' });
    operations.failNext('listServices', plain);
    const answer = await app.request('/api/services', { headers: authorization });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({
      error: { name: 'ReleaseInProgressError', code: 'VG201', message: 'busy with rel1' },
    });
  });

  it('asks to be called again when something is away for a moment', async () => {
    const { app, operations } = createTestApp();
    operations.failNext('listServices', new VerdigrisError('LedgerUnavailableError', 'locked'));
    const answer = await app.request('/api/services', { headers: authorization });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('tells nothing of an unexpected error but logs it', async () => {
    const { app, operations, lines } = createTestApp();
    operations.failNext('listServices', new TypeError('reading /secret/path'));
    const answer = await app.request('/api/services', { headers: authorization });
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(text).error).toMatchObject({ name: 'InternalError', code: 'VG500' });
    expect(text).not.toContain('secret');
    expect(lines).toMatchObject([
      { level: 'error', facts: { reason: 'reading /secret/path', path: '/api/services' } },
    ]);
  });
});

describe('headers', () => {
  it.each([
    ['/healthz', 200],
    ['/api/services', 200],
    ['/api/nothing', 404],
    ['/api/releases/other', 404],
  ])('forbids to store or to guess the type of %s', async (path, status) => {
    const { app } = createTestApp();
    const answer = await app.request(path, { headers: authorization });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
