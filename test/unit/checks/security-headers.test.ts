import { describe, expect, it } from 'vitest';
import { parsePolicies, weakened } from '../../../lib/checks/security/content-policy.ts';
import { weakerCookies } from '../../../lib/checks/security/cookies.ts';
import {
  strangeOrigin,
  tellingHeaders,
  weakerHeaders,
  widerSharing,
} from '../../../lib/checks/security/headers.ts';

type Pairs = Record<string, string>;
const weaker = (blue: Pairs, green: Pairs) =>
  weakerHeaders(new Headers(blue), new Headers(green), 'GET /').map(({ says }) => says);

describe('headers that protect', () => {
  const all = {
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'content-security-policy': "default-src 'self'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'permissions-policy': 'camera=(), geolocation=(self)',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
  };

  it('are no news where they are the same, or where green has more', () => {
    expect(weaker(all, all)).toEqual([]);
    expect(weaker({}, all)).toEqual([]);
    expect(weaker({}, {})).toEqual([]);
  });

  it('are told of, each, where they are gone; what browsers do anyway is no loss', () => {
    const found = weakerHeaders(new Headers(all), new Headers(), 'GET /');
    const { 'referrer-policy': _, ...lost } = all;
    expect(found.map(({ path }) => path)).toEqual(Object.keys(lost).map((it) => `headers.${it}`));
    expect(found.every(({ verdict }) => verdict === 'fail')).toBe(true);
  });

  it.each<[string, string, string, string]>([
    ['strict-transport-security', 'max-age=100', 'max-age=10', 'has max-age=10 instead of 100'],
    ['strict-transport-security', 'max-age="100"', 'max-age=0', 'is max-age=0 instead of'],
    [
      'strict-transport-security',
      'max-age=1; includeSubDomains; preload',
      'max-age=1',
      'lacks includesubdomains and preload',
    ],
    ['x-frame-options', 'DENY', 'SAMEORIGIN', 'is SAMEORIGIN instead of DENY'],
    ['x-frame-options', 'SAMEORIGIN', 'ALLOWALL', 'is ALLOWALL instead of SAMEORIGIN'],
    ['x-content-type-options', 'nosniff', 'sniff', 'is sniff instead of nosniff'],
    ['referrer-policy', 'no-referrer', 'origin', 'is origin instead of no-referrer'],
    ['referrer-policy', 'no-referrer', 'bogus', 'is strict-origin-when-cross-origin instead of'],
    ['referrer-policy', 'same-origin', 'no-referrer, unsafe-url', 'is unsafe-url instead of'],
    ['permissions-policy', 'camera=()', 'camera=(self)', 'camera is also for self'],
    ['permissions-policy', 'camera=(self)', 'camera=*', 'camera is also for *'],
    ['permissions-policy', 'camera=(), usb=()', 'usb=()', 'camera is no longer held back'],
    ['cross-origin-opener-policy', 'same-origin', 'unsafe-none', 'is unsafe-none instead of'],
    ['cross-origin-resource-policy', 'same-origin', 'same-site', 'is same-site instead of'],
    ['content-security-policy', "default-src 'self'", "img-src 'self'", 'default-src is gone'],
  ])('%s: %s, then %s', (name, blue, green, says) => {
    expect(weaker({ [name]: blue }, { [name]: green }).join()).toContain(`${name} ${says}`);
  });

  it.each<[string, string, string]>([
    ['strict-transport-security', 'max-age=1', 'max-age=2; preload'],
    ['x-frame-options', 'SAMEORIGIN', 'deny'],
    ['referrer-policy', 'unsafe-url', 'origin'],
    ['permissions-policy', 'camera=*, usb=(self)', 'usb=()'],
    ['cross-origin-embedder-policy', 'credentialless', 'require-corp'],
  ])('%s: %s, then %s is no weaker', (name, blue, green) => {
    expect(weaker({ [name]: blue }, { [name]: green })).toEqual([]);
  });

  it('may give way to frame-ancestors', () => {
    const green = { 'content-security-policy': "frame-ancestors 'none'" };
    expect(weaker({ 'x-frame-options': 'DENY' }, green)).toEqual([]);
  });
});

describe('a content security policy', () => {
  const changes = (blue: string, green: string) =>
    weakened(parsePolicies(blue), parsePolicies(green));

  it.each([
    [
      "default-src 'self'",
      "default-src 'self' https://cdn.example",
      'default-src also allows https',
    ],
    [
      "default-src 'self'",
      "default-src 'self'; script-src 'self' 'unsafe-inline'",
      "script-src also allows 'unsafe-inline'",
    ],
    ["script-src 'none'", "script-src 'self'", "script-src also allows 'self'"],
    ["script-src 'self'", '', 'is gone'],
    ["default-src 'self'; frame-ancestors 'none'", "default-src 'self'", 'frame-ancestors is gone'],
    ['default-src *.shop.example', 'default-src *.example', 'also allows *.example'],
    ["img-src 'self'", "img-src 'self' data:", 'img-src also allows data:'],
    ["script-src 'self'", "default-src 'self' *", 'script-src also allows *'],
    ['upgrade-insecure-requests', "default-src 'self'", 'upgrade-insecure-requests is gone'],
    ["frame-src 'self'", 'child-src *', 'frame-src also allows *'],
  ])('%s is weaker as %s', (blue, green, says) => {
    expect(changes(blue, green).join()).toContain(says);
  });

  it.each([
    ["default-src 'self'", "default-src 'self'; script-src 'self'"],
    ["script-src 'self'; style-src 'self'", "default-src 'self'"],
    ["script-src 'nonce-abc'", "script-src 'nonce-def'"],
    ["script-src 'self'", "script-src 'self' 'sha256-abc=' 'strict-dynamic'"],
    ["Script-Src 'SELF'", "script-src 'self'"],
    ['img-src *', 'img-src https: shop.example'],
    ['img-src https:', 'img-src https://cdn.example'],
    ['img-src *.example', 'img-src https://cdn.example'],
    ["default-src 'self'", "default-src *, default-src 'self'"],
    ["default-src 'self'; report-uri /r", "default-src 'self'"],
    ['', ''],
  ])('%s is no weaker as %s', (blue, green) => {
    expect(changes(blue, green)).toEqual([]);
  });

  it('counts the first of one name', () => {
    expect(changes("img-src 'self'; img-src *", "img-src 'self'")).toEqual([]);
  });
});

describe('what pages of strangers may read', () => {
  const wider = (blue: Pairs, green: Pairs) =>
    widerSharing(new Headers(blue), new Headers(green), 'GET /').map(({ says }) => says);
  const allow = 'access-control-allow-origin';
  const credentials = { 'access-control-allow-credentials': 'true' };

  it.each<[Pairs, Pairs, string]>([
    [{}, { [allow]: '*' }, 'any page may read answers of green without cookies'],
    [{ [allow]: 'https://shop.example' }, { [allow]: strangeOrigin }, 'without cookies'],
    [{ [allow]: '*' }, { [allow]: strangeOrigin, ...credentials }, 'with cookies'],
    [{}, { [allow]: 'null' }, 'without cookies'],
  ])('%j is wider as %j', (blue, green, says) => {
    expect(wider(blue, green).join()).toContain(says);
  });

  it.each<[Pairs, Pairs]>([
    [{ [allow]: '*' }, {}],
    [{ [allow]: '*' }, { [allow]: '*', ...credentials }],
    [{}, { [allow]: 'https://shop.example', ...credentials }],
  ])('%j is no wider as %j', (blue, green) => {
    expect(wider(blue, green)).toEqual([]);
  });
});

describe('what a server tells of itself', () => {
  const told = (blue: Pairs, green: Pairs) =>
    tellingHeaders(new Headers(blue), new Headers(green), 'GET /');

  it('is a warning where it is a version', () => {
    expect(told({ server: 'nginx' }, { server: 'nginx/1.25.3' })).toEqual([
      {
        ...{ path: 'headers.server', verdict: 'warn' },
        says: 'server tells a version: nginx/1.25.3 (GET /)',
      },
    ]);
  });

  it('is no news where blue does, too, or where it is a name', () => {
    expect(told({ server: 'nginx/1.24.0' }, { server: 'nginx/1.25.3' })).toEqual([]);
    expect(told({}, { server: 'nginx', 'x-powered-by': 'Express' })).toEqual([]);
  });
});

describe('cookies', () => {
  const headers = (...cookies: string[]) => {
    const made = new Headers();
    for (const cookie of cookies) made.append('set-cookie', cookie);
    return made;
  };
  const found = (blue: string[], green: string[]) =>
    weakerCookies(headers(...blue), headers(...green), 'POST /login');
  const good = 'session=1; HttpOnly; Secure; SameSite=Lax; Path=/';

  it.each([
    ['session=2; Secure; SameSite=Lax', 'HttpOnly', 'is no longer HttpOnly'],
    ['session=2; HttpOnly; SameSite=Lax', 'Secure', 'is no longer Secure'],
    ['session=2; HttpOnly; Secure', 'SameSite', 'has SameSite absent instead of lax'],
    ['session=2; HttpOnly; Secure; SameSite=None', 'SameSite', 'has SameSite none instead of lax'],
    [`${good}; Domain=.shop.example`, 'Domain', 'goes to all of shop.example now'],
  ])('are weaker as %s', (green, what, says) => {
    expect(found([good], [green])).toEqual([
      {
        ...{ path: `cookies.session.${what}`, verdict: 'fail' },
        says: `cookie session ${says} (POST /login)`,
      },
    ]);
  });

  it('are no weaker as they were, as stricter ones, or on a narrower domain', () => {
    const strict = good.replace('Lax', 'strict').replace('HttpOnly', 'httponly');
    expect(found([good, 'a=1'], [strict, 'a=2'])).toEqual([]);
    const wide = `${good}; Domain=shop.example`;
    expect(found([wide], [wide, `${good}; domain=a.shop.example`])).toEqual([]);
  });

  it('warn where a new one can be read by scripts', () => {
    expect(found([], ['id=1; Secure', 'safe=1; HttpOnly'])).toMatchObject([
      { path: 'cookies.id.HttpOnly', verdict: 'warn' },
    ]);
  });
});
