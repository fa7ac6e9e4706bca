import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, createBrowser, type Visited } from '../support/browser.ts';
import { type RunningConductor, startConductor } from '../support/local-conductor.ts';
import {
  apiAudience,
  clientSecret,
  type OidcServer,
  startOidcServer,
} from '../support/oidc-server.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-sign-in-'));
let issuer: OidcServer;
let conductor: RunningConductor;

beforeAll(async () => {
  issuer = await startOidcServer();
  const configPath = path.join(directory, 'verdigris.yml');
  writeFileSync(configPath, config());
  writeFileSync(path.join(directory, 'secrets.yml'), `oidc-client: ${clientSecret}\n`, {
    mode: 0o600,
  });
  conductor = await startConductor({ directory, configPath });
  await issuer.serve(`${conductor.url}/auth/callback`);
}, 60_000);

afterAll(async () => {
  await conductor?.stop();
  await issuer?.close();
  rmSync(directory, { recursive: true, force: true });
});

const config = () => `
api: { port: 0 }
access:
  oidc:
    issuer: ${issuer.issuer}
    audience: ${apiAudience}
    clientId: verdigris
    clientSecret: oidc-client
  rules:
    - { claim: groups, value: release-team, role: operator, services: [storefront] }
    - { claim: groups, value: machines, role: releaser, services: [storefront] }
`;

/** Goes through the issuer's pages as somebody would, until it sends the browser back. */
async function signIn(
  browser: Browser,
  person: string,
  back = '/',
  stopAt = `${conductor.url}${back}`,
): Promise<Visited> {
  const begin = `${conductor.url}/auth/login?return=${encodeURIComponent(back)}`;
  const form = await browser.visit(begin);
  const consent = await submit(browser, form, { prompt: 'login', login: person, password: 'x' });
  return submit(browser, consent, { prompt: 'consent' }, stopAt);
}

function submit(
  browser: Browser,
  { url }: Visited,
  fields: Record<string, string>,
  stopAt?: string,
) {
  return browser.visit(url, { method: 'POST', body: new URLSearchParams(fields) }, stopAt);
}

async function api(browser: Browser, pathname: string, init: RequestInit = {}) {
  const { status, text } = await browser.visit(`${conductor.url}${pathname}`, init);
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}

const withBearer = async (token: string) => {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${conductor.url}/api/session`, { headers })).status;
};

describe('a person with a browser', () => {
  it('is offered the sign-in, comes back to where they were going, and is who the issuer says', async () => {
    const browser = createBrowser();
    const options = await api(browser, '/auth/options');
    expect(options.body).toEqual({ token: true, oidc: { loginUrl: '/auth/login' } });
    expect((await api(browser, '/api/session')).status).toBe(401);

    const back = await signIn(browser, 'ada', '/releases/rel1');
    expect([back.status, back.url]).toEqual([303, `${conductor.url}/releases/rel1`]);

    const session = await api(browser, '/api/session');
    expect(session.body).toMatchObject({
      actor: 'ada@example.org',
      via: 'session',
      grants: [{ role: 'operator', services: ['storefront'] }],
      signIn: { with: 'oidc' },
    });
  });

  it('may do with the cookie what the rules say, and signs out', async () => {
    const browser = createBrowser();
    await signIn(browser, 'ada');
    const ours = { 'x-verdigris-console': '1', 'content-type': 'application/json' };
    const undo = (service: string, headers: Record<string, string>) =>
      api(browser, `/api/services/${service}/rollback`, { method: 'POST', headers, body: '{}' });

    // Let in: there is no such service yet.
    expect((await undo('storefront', ours)).body).toMatchObject({ error: { code: 'VG120' } });
    expect((await undo('another', ours)).status).toBe(403);
    expect((await undo('storefront', { 'content-type': 'application/json' })).status).toBe(401);

    await api(browser, '/auth/logout', { method: 'POST', headers: ours });
    expect((await api(browser, '/api/session')).status).toBe(401);
  });

  it('gets no session when no rule is for them', async () => {
    const browser = createBrowser();
    const { status, text } = await signIn(browser, 'stranger', '/never');
    expect([status, text]).toEqual([403, expect.stringContaining('no rule')]);
    expect((await api(browser, '/api/session')).status).toBe(401);
  });

  it('cannot be made to finish the sign-in of somebody else', async () => {
    const [theirs, mine] = [createBrowser(), createBrowser()];
    const callback = `${conductor.url}/auth/callback`;
    const { url } = await signIn(theirs, 'mallory', '/', callback);
    expect(url).toMatch(/callback\?.*code=/);

    await mine.visit(`${conductor.url}/auth/login`);
    const answer = await mine.visit(url);
    expect(answer.status).toBe(401);
    expect((await api(mine, '/api/session')).status).toBe(401);
    const twice = [await theirs.visit(url, {}, `${conductor.url}/`), await theirs.visit(url)];
    expect(twice.map(({ status }) => status)).toEqual([303, 401]);
  });
});

describe('a program with an access token of the issuer', () => {
  const seconds = () => Math.floor(Date.now() / 1000);
  const claims = () => ({
    iss: issuer.issuer,
    aud: apiAudience,
    sub: 'ci',
    groups: ['machines'],
    iat: seconds(),
    exp: seconds() + 600,
  });

  it('gets in', async () => {
    expect(await withBearer(await issuer.accessToken())).toBe(200);
  });

  it.each([
    ['is for another audience', { aud: 'https://elsewhere.example.org' }],
    ['names another issuer', { iss: 'https://evil.example' }],
    ['has expired', { exp: 1 }],
  ])('does not when it %s', async (_, wrong) => {
    expect(await withBearer(await issuer.sign(claims()))).toBe(200);
    expect(await withBearer(await issuer.sign({ ...claims(), ...wrong }))).toBe(401);
  });

  it('does not with a token that the issuer gave out for somebody else', async () => {
    expect(await withBearer(await issuer.accessToken('https://elsewhere.example.org'))).toBe(401);
  });

  it('does not with the token of another issuer, though it is a real one', async () => {
    const other = await startOidcServer();
    await other.serve('http://127.0.0.1/unused');
    const token = await other.accessToken();
    await other.close();
    expect(await withBearer(token)).toBe(401);
  });

  it('gets in with a new key of the issuer as soon as there is one, and the old one is forgotten', async () => {
    const before = await issuer.accessToken();
    const browser = createBrowser();
    await signIn(browser, 'ada');
    expect(await withBearer(before)).toBe(200);

    await issuer.serve(`${conductor.url}/auth/callback`);
    const after = await issuer.accessToken();
    // Keys are asked for at most every five seconds.
    await expect.poll(() => withBearer(after), { timeout: 20_000, interval: 500 }).toBe(200);
    expect(await withBearer(before)).toBe(401);
    expect((await api(browser, '/api/session')).status).toBe(200);
    expect((await signIn(createBrowser(), 'ada')).status).toBe(303);
  }, 40_000);
});
