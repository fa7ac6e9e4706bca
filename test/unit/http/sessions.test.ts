import { describe, expect, it } from 'vitest';
import { createAccess, parseAccess } from '../../../lib/http/access-rules.ts';
import { returnPath } from '../../../lib/http/auth/return-path.ts';
import { seal } from '../../../lib/http/auth/sealed.ts';
import { createSharedToken } from '../../../lib/http/auth/shared-token.ts';
import { isoTime } from '../../../lib/release/clock.ts';
import { errorOf, testToken } from '../../support/api-server.ts';
import {
  cookieFrom,
  createIdentityApp,
  machineToken,
  testRules,
} from '../../support/identity-app.ts';

type App = Awaited<ReturnType<typeof createIdentityApp>>;

const signIn = (app: App, body: object = { token: testToken }, headers = {}) =>
  app.ask('/auth/session', headers, 'POST', body);
const get = (app: App, cookie: string, headers = {}) =>
  app.ask('/api/session', { cookie, ...headers });

async function signedIn(app: App, body: object = { token: testToken }): Promise<string> {
  return cookieFrom(await signIn(app, body));
}

describe('a browser that signs in with a token', () => {
  it('gets a cookie that no script and no other site can use', async () => {
    const app = await createIdentityApp();
    const answer = await signIn(app);

    expect(answer.status).toBe(201);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^verdigris=[\w.-]+; Max-Age=28800; Path=\/; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    expect(await answer.json()).toEqual({
      actor: 'operator',
      expiresAt: '2026-01-01T08:00:00.000Z',
    });
  });

  it('gets one for https only where browsers come by https', async () => {
    const app = await createIdentityApp({ isSecure: true });
    const [cookie = ''] = (await signIn(app)).headers.getSetCookie();

    expect(cookie).toMatch(/^__Host-verdigris=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect((await get(app, cookie.split(';')[0] ?? '')).status).toBe(200);
    const unprotected = (cookie.split(';')[0] ?? '').replace('__Host-', '');
    expect((await get(app, unprotected)).status).toBe(401);
  });

  it('is who the holder of the shared token says they are', async () => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app, { token: testToken, actor: 'grace' });
    expect(await (await get(app, cookie)).json()).toEqual({
      actor: 'grace',
      via: 'session',
      grants: [{ role: 'operator', services: '*' }],
      signIn: { with: 'shared-token', expiresAt: '2026-01-01T08:00:00.000Z' },
      stream: false,
    });
  });

  it('is the machine that a token was made for, whatever it calls itself', async () => {
    const app = await createIdentityApp();
    const { token, record } = machineToken(app.clock.now());
    await app.ledger.putToken(record);
    const cookie = await signedIn(app, { token, actor: 'grace' });
    expect(await (await get(app, cookie)).json()).toMatchObject({ actor: 'ci' });
  });

  it.each([
    ['wrong', { token: 'wrong-token-0123456789' }, 401],
    ['of the issuer, which signs in elsewhere', null, 401],
    ['missing', {}, 400],
    ['not alone', { token: testToken, admin: true }, 400],
    ['no text', { token: ['x'] }, 400],
  ])('is refused when the token is %s', async (_, body, status) => {
    const app = await createIdentityApp();
    const answer = await signIn(app, body ?? { token: await app.issuer.sign() });
    expect(answer.status).toBe(status);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it('is refused when another site asks', async () => {
    const app = await createIdentityApp();
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
    ]) {
      expect((await signIn(app, { token: testToken }, headers)).status).toBe(403);
    }
  });
});

describe('a session', () => {
  it('ends after eight hours', async () => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app);
    await app.clock.advance(8 * 3_600_000 - 1000);
    expect((await get(app, cookie)).status).toBe(200);
    await app.clock.advance(1000);
    expect((await get(app, cookie)).status).toBe(401);
  });

  it('ends with the token that it began with: by revocation', async () => {
    const app = await createIdentityApp();
    const { token, record } = machineToken(app.clock.now());
    await app.ledger.putToken(record);
    const cookie = await signedIn(app, { token });
    expect((await get(app, cookie)).status).toBe(200);
    await app.ledger.revokeToken(record.id, 'grace', isoTime(app.clock.now()));
    await app.clock.advance(5000);
    expect((await get(app, cookie)).status).toBe(401);
  });

  it('ends with the token that it began with: when that expires', async () => {
    const app = await createIdentityApp();
    const { token, record } = machineToken(app.clock.now(), {
      expiresAt: '2026-01-01T01:00:00.000Z',
    });
    await app.ledger.putToken(record);
    const answer = await signIn(app, { token });
    expect(await answer.json()).toMatchObject({ expiresAt: '2026-01-01T01:00:00.000Z' });
    await app.clock.advance(3_600_000);
    expect((await get(app, cookieFrom(answer))).status).toBe(401);
  });

  it('ends with the token that it began with: when the shared one is another', async () => {
    const before = await createIdentityApp();
    const cookie = await signedIn(before);
    const sharedToken = createSharedToken('another-token-0123456789');
    const after = await createIdentityApp({ sharedToken, secrets: before.secrets });
    expect((await get(after, cookie)).status).toBe(401);
  });

  it('outlives one rotation of the signing secret, not two', async () => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app);
    app.secrets.set('verdigris-signing', 'signing-secret-of-tomorrow', 'signing-secret-of-today');
    expect((await get(app, cookie)).status).toBe(200);
    const next = await signedIn(app);
    app.secrets.set('verdigris-signing', 'the-one-after-tomorrow', 'signing-secret-of-tomorrow');
    expect([(await get(app, cookie)).status, (await get(app, next)).status]).toEqual([401, 200]);
  });

  it('has the rights that the rules give now, not those of the sign-in', async () => {
    const app = await createIdentityApp();
    const content = { with: 'oidc', actor: 'ada', claims: { groups: ['release-team'] } };
    const cookie = `verdigris=${await seal('session', content, app.clock.now() + 1000, app)}`;
    const oidc = { issuer: app.issuer.url, audience: 'a' };
    const rules = [{ claim: 'groups', value: 'release-team', role: 'viewer' }];
    const changed = await createIdentityApp({
      access: createAccess(parseAccess({ oidc, rules }, 'access')),
    });
    const without = await createIdentityApp({
      access: createAccess(parseAccess({ rules: testRules }, 'access')),
    });

    expect(await (await get(app, cookie)).json()).toMatchObject({
      grants: [{ role: 'operator', services: ['storefront'] }],
    });
    expect(await (await get(changed, cookie)).json()).toMatchObject({
      actor: 'ada',
      grants: [{ role: 'viewer', services: '*' }],
    });
    expect((await get(without, cookie)).status).toBe(401);
  });

  it('is told to try again while the signing secret cannot be read', async () => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app);
    app.secrets.setDown(true);
    expect((await get(app, cookie)).status).toBe(503);
  });

  it('is not looked at where the request brings a token, even a wrong one', async () => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app);
    expect((await get(app, cookie, { authorization: 'Bearer wrong-0123456789' })).status).toBe(401);
  });

  it('is refused when it comes twice, as when somebody has planted another', async () => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app);
    expect((await get(app, `${cookie}; ${cookie}`)).status).toBe(401);
    expect((await get(app, `theme=dark; ${cookie}`)).status).toBe(200);
  });

  it('is not what a sign-in under way has sealed, nor the other way round', async () => {
    const app = await createIdentityApp();
    const content = { with: 'oidc', actor: 'ada', claims: {} };
    const text = await seal('sign-in', content, app.clock.now() + 60_000, app);
    expect((await get(app, `verdigris=${text}`)).status).toBe(401);
  });

  it('is forgotten by a browser that signs out', async () => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app);
    const headers = { cookie, 'x-verdigris-console': '1' };
    const answer = await app.ask('/auth/logout', headers, 'POST');
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^verdigris=; Max-Age=0; Path=\//),
    ]);
  });
});

describe('a request with a cookie that changes something', () => {
  const ours = { 'x-verdigris-console': '1' };
  it.each([
    ['comes from the console', ours, 200],
    ['says that it does', { ...ours, 'sec-fetch-site': 'same-origin' }, 200],
    ['has our origin', { ...ours, origin: 'http://127.0.0.1:7420' }, 200],
    ['lacks the header', {}, 401],
    ['has another value', { 'x-verdigris-console': 'yes' }, 401],
    ['comes from another site', { ...ours, 'sec-fetch-site': 'cross-site' }, 401],
    ['comes from a sibling', { ...ours, 'sec-fetch-site': 'same-site' }, 401],
    ['has another origin', { ...ours, origin: 'https://evil.example' }, 401],
    ['has another port', { ...ours, origin: 'http://127.0.0.1:8080' }, 401],
    ['has a hidden origin', { ...ours, origin: 'null' }, 401],
  ])('is let through only when it %s', async (_, headers, status) => {
    const app = await createIdentityApp();
    const cookie = await signedIn(app);
    const send = { cookie, ...headers };
    const answer = await app.ask('/api/services/storefront/rollback', send, 'POST', {});

    expect(answer.status === 401 ? 401 : 200).toBe(status);
    if (status === 401) {
      expect(app.operations.calls).toEqual([]);
      expect(app.lines).toContainEqual(
        expect.objectContaining({ level: 'warn', message: 'session refused' }),
      );
    }
  });

  it('is let through from the public address of the conductor', async () => {
    const app = await createIdentityApp({ publicUrl: 'https://releases.example.org' });
    const cookie = await signedIn(app);
    const headers = { cookie, ...ours, origin: 'https://releases.example.org' };
    const answer = await app.ask('/api/services/storefront/rollback', headers, 'POST', {});
    expect(answer.status).not.toBe(401);
  });

  it('needs nothing of the kind with a token, which no browser sends by itself', async () => {
    const { ask } = await createIdentityApp();
    const headers = { authorization: `Bearer ${testToken}`, origin: 'https://evil.example' };
    expect((await ask('/api/services/storefront/rollback', headers, 'POST', {})).status).toBe(200);
  });
});

describe('a sign-in at the issuer', () => {
  it('sends the browser there with state, nonce and a challenge, and back to us', async () => {
    const { ask, issuer } = await createIdentityApp();
    const answer = await ask('/auth/login?return=/releases/rel1');
    const url = new URL(answer.headers.get('location') ?? '');

    expect([answer.status, `${url.origin}${url.pathname}`]).toEqual([
      302,
      `${issuer.url}/authorize`,
    ]);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'verdigris',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:7420/auth/callback',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{40,}$/),
      nonce: expect.stringMatching(/^[\w-]{40,}$/),
    });
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^verdigris-sign-in=[\w.-]+; Max-Age=600; Path=\/auth\/callback; HttpOnly; SameSite=Lax$/,
      ),
    ]);
  });

  it('is over when the browser was not sent by us, or has another state', async () => {
    const { ask, issuer } = await createIdentityApp();
    const cookie = cookieFrom(await ask('/auth/login'));
    const alone = await ask('/auth/callback?code=x&state=y');
    const other = await ask(`/auth/callback?code=x&state=y&iss=${issuer.url}`, { cookie });

    expect([alone.status, other.status]).toEqual([401, 401]);
    expect((await errorOf(other)).message).toMatch(/^the sign-in failed: /);
    expect(issuer.asked).not.toContain('/token');
  });

  it('is over after ten minutes', async () => {
    const { ask, clock } = await createIdentityApp();
    const cookie = cookieFrom(await ask('/auth/login'));
    await clock.advance(600_000);
    const answer = await ask('/auth/callback?code=x&state=y', { cookie });
    expect((await errorOf(answer)).message).toMatch(/more than ten minutes ago/);
  });

  it('is not offered without a client at the issuer', async () => {
    const access = createAccess(parseAccess({}, 'access'));
    const { ask } = await createIdentityApp({ access });
    expect(await (await ask('/auth/options')).json()).toEqual({ token: true, oidc: null });
    expect((await ask('/auth/login')).status).toBe(404);
    const { ask: withIssuer } = await createIdentityApp();
    expect(await (await withIssuer('/auth/options')).json()).toEqual({
      token: true,
      oidc: { loginUrl: '/auth/login' },
    });
  });

  it.each([
    [undefined, '/'],
    ['/releases/rel1?tab=log', '/releases/rel1?tab=log'],
    ['/#token=of-somebody-else', '/'],
    ['//evil.example', '/'],
    ['//evil.example/releases', '/'],
    ['///evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/.//evil.example', '/'],
    ['https://evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['evil', '/'],
    [`/${'x'.repeat(600)}`, '/'],
  ])('goes back to %j as %s: a path of ours', (asked, expected) => {
    expect(returnPath(asked)).toBe(expected);
  });
});
