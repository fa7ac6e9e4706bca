import crypto from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { claimedActor } from '../../../lib/http/auth/actor.ts';
import { createSharedToken } from '../../../lib/http/auth/shared-token.ts';
import { authRequest, createTestApp, testToken } from '../../support/api-server.ts';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof import('node:crypto')>();
  const timingSafeEqual = vi.fn(real.timingSafeEqual);
  return { ...real, timingSafeEqual, default: { ...real, timingSafeEqual } };
});

/** What anybody may see. A route that is added here needs a reason. */
const publicPaths = [
  '/',
  // What there is, not what anybody has: read by programs before they have a token.
  '/api/openapi.json',
  '/healthz',
];

const routes = createTestApp()
  .app.routes.filter((route) => route.method !== 'ALL')
  .map(({ method, path }) => ({ method, path: path.replace(/:\w+/g, 'storefront') }));

const wrongCredentials: [string, Record<string, string>][] = [
  ['no header', {}],
  ['another scheme', { authorization: `Basic ${testToken}` }],
  ['the token without a scheme', { authorization: testToken }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['a prefix of the token', { authorization: `Bearer ${testToken.slice(0, -1)}` }],
  ['a longer token', { authorization: `Bearer ${testToken}x` }],
  ['a very long token', { authorization: `Bearer ${'x'.repeat(100_000)}` }],
];

describe('authentication', () => {
  it('covers every route but the public ones', async () => {
    const open: string[] = [];
    for (const { method, path } of routes) {
      const { app, operations } = createTestApp();
      const answer = await app.request(path, { method });
      if (answer.status !== 401) open.push(path);
      expect(operations.calls).toEqual([]);
    }
    expect(routes.length).toBeGreaterThan(14);
    expect(open.sort()).toEqual(publicPaths);
  });

  it('asks before it says whether a route exists', async () => {
    const { app } = createTestApp();
    expect((await app.request('/api/nothing-here')).status).toBe(401);
    expect((await app.request('/api')).status).toBe(401);
    expect((await app.request('/api/services', { method: 'PATCH' })).status).toBe(401);
  });

  it('gives the same answer whatever was wrong', async () => {
    const { app } = createTestApp();
    const answers = await Promise.all(
      wrongCredentials.map(async ([, headers]) => {
        const answer = await app.request('/api/services', { headers });
        const challenge = answer.headers.get('www-authenticate');
        return JSON.stringify([answer.status, challenge, await answer.json()]);
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(JSON.parse(answers[0] ?? '')).toEqual([
      401,
      'Bearer realm="verdigris"',
      { error: { name: 'UnauthorizedError', code: 'VG110', message: expect.any(String) } },
    ]);
  });

  it('logs a refusal without what was sent', async () => {
    const { app, lines } = createTestApp();
    await app.request('/api/services', { headers: { authorization: 'Bearer guess-0123456789' } });
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'request refused',
        facts: { method: 'GET', path: '/api/services', status: 401, error: 'UnauthorizedError' },
      },
    ]);
  });

  it.each([
    ['the right length', 'x'.repeat(testToken.length)],
    ['another length', 'x'],
    ['the right token', testToken],
  ])('compares digests of equal length in constant time for %s', (_, token) => {
    const compare = vi.mocked(crypto.timingSafeEqual);
    compare.mockClear();
    createSharedToken(testToken).authenticate(authRequest({ authorization: `Bearer ${token}` }));
    expect(compare.mock.calls.map((call) => call.map((side) => side.byteLength))).toEqual([
      [32, 32],
    ]);
  });

  it('refuses to start with a token that can be guessed', () => {
    expect(() => createSharedToken('')).toThrow(/at least 16/);
  });
});

describe('the name of who asks', () => {
  it.each([
    [undefined, 'operator'],
    ['', 'operator'],
    ['   ', 'operator'],
    ['ada@example.org', 'ada@example.org'],
    ['alarm:p95', 'alarmp95'],
    ['conductor', 'operator'],
    ['Conductor', 'operator'],
    ['verdigris up', 'operator'],
    ['a\u001b[31mda\n', 'a31mda'],
    ['x'.repeat(500), 'x'.repeat(64)],
  ])('reads %j as %s', (given, expected) => {
    expect(claimedActor(given)).toBe(expected);
  });
});
