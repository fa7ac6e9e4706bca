import { describe, expect, it } from 'vitest';
import { changesOf } from '../../../lib/checks/session/cookie-changes.ts';
import { type Cookie, cookiesOf, createCookieJar } from '../../../lib/checks/session/cookies.ts';

const https = { host: 'shop.example.com', isHttps: true };
const http = { host: 'shop.example.com', isHttps: false };

function headersWith(...lines: string[]): Headers {
  const headers = new Headers({ date: 'Tue, 01 Dec 2026 12:00:00 GMT' });
  for (const line of lines) headers.append('set-cookie', line);
  return headers;
}

function jarWith(lines: string[], site: Parameters<typeof createCookieJar>[0] = null, path = '/') {
  const jar = createCookieJar(site);
  jar.keep(headersWith(...lines), path);
  return jar;
}

describe('the jar', () => {
  it.each<[string, string[], string, string | null]>([
    ['a cookie for every path', ['a=1; Path=/'], '/x/y', 'a=1'],
    ['two cookies', ['a=1; Path=/', 'b=2; Path=/'], '/', 'a=1; b=2'],
    ['the newer value', ['a=1; Path=/', 'a=2; Path=/'], '/', 'a=2'],
    ['a value as it came', ['a=x%20"y"; Path=/'], '/', 'a=x%20"y"'],
    ['nothing for another path', ['a=1; Path=/account'], '/cart', null],
    ['nothing for a longer name', ['a=1; Path=/account'], '/accounts', null],
    ['a path below', ['a=1; Path=/account'], '/account/orders?page=2', 'a=1'],
    [
      'both of one name, longer path first',
      ['a=1; Path=/', 'a=2; Path=/account'],
      '/account',
      'a=2; a=1',
    ],
    ['nothing that was taken back', ['a=1; Path=/', 'a=; Path=/; Max-Age=0'], '/', null],
    ['nothing that is over', ['a=1; Path=/; Expires=Tue, 01 Dec 2026 11:59:59 GMT'], '/', null],
    ['what is not over yet', ['a=1; Path=/; Expires=Tue, 01 Dec 2026 12:00:01 GMT'], '/', 'a=1'],
    [
      'a Max-Age against a date',
      ['a=1; Path=/; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
      '/',
      'a=1',
    ],
  ])('gives %s', (_, lines, path, header) => {
    expect(jarWith(lines).headerFor(path)).toBe(header);
  });

  it('takes the path of the request where the cookie has none', () => {
    const jar = jarWith(['a=1'], null, '/api/login?next=/');
    expect(jar.headerFor('/api/cart')).toBe('a=1');
    expect(jar.headerFor('/account')).toBeNull();
  });

  it.each<[string, string, Parameters<typeof createCookieJar>[0], string | null]>([
    ['a domain above the host', 'a=1; Domain=example.com', https, null],
    ['any domain where the host is not known', 'a=1; Domain=other.example', null, null],
    [
      'a foreign domain',
      'a=1; Domain=other.example',
      https,
      'Domain=other.example is not where shop',
    ],
    ['Secure over https', 'a=1; Secure', https, null],
    ['Secure over http', 'a=1; Secure', http, 'it is Secure, and the service is not on https'],
    ['SameSite=None without Secure', 'a=1; SameSite=None', https, 'SameSite=None wants Secure'],
    ['__Host- without Path', '__Host-a=1; Secure; Path=/x', https, '__Host- wants Path=/'],
    ['__Host- with Domain', '__Host-a=1; Secure; Path=/; Domain=example.com', null, 'no Domain'],
    ['__Secure- without Secure', '__Secure-a=1; Path=/', https, 'its name wants Secure'],
    ['a good __Host-', '__Host-a=1; Secure; Path=/', https, null],
  ])('judges %s as a browser does', (_, line, site, reason) => {
    const jar = jarWith([line], site);
    expect(jar.refusals().join()).toContain(reason ?? '');
    expect(jar.cookies()).toHaveLength(reason === null ? 1 : 0);
  });
});

describe('what differs between the cookies of two sides', () => {
  const cookieOf = (attributes: string): Cookie[] =>
    cookiesOf(headersWith(`session=x; Path=/; ${attributes}`), '/');

  it.each<[string, string, string, string, 'losing' | 'others']>([
    [
      'a stricter SameSite',
      'SameSite=Lax',
      'SameSite=Strict',
      'is SameSite=Strict on green',
      'losing',
    ],
    ['Lax by default', 'SameSite=None', '', 'is SameSite=Lax on green and None on blue', 'losing'],
    [
      'a looser SameSite',
      'SameSite=Lax',
      'SameSite=None; Secure',
      'SameSite=None on green',
      'others',
    ],
    [
      'a narrower path',
      '',
      'Path=/account',
      'has Path=/account on green and Path=/ on blue',
      'losing',
    ],
    ['a wider path', 'Path=/shop', '', 'so browsers keep both', 'others'],
    [
      'a wider domain',
      '',
      'Domain=example.com',
      'and no Domain on blue, so browsers keep both',
      'others',
    ],
    ['a narrower domain', 'Domain=example.com', '', 'has no Domain on green', 'losing'],
    [
      'another domain',
      'Domain=a.example',
      'Domain=b.example',
      'has Domain=b.example on green',
      'losing',
    ],
    ['Secure', '', 'Secure', 'is Secure on green only', 'others'],
    ['Secure no longer', 'Secure', '', 'is no longer Secure', 'others'],
    ['HttpOnly no longer', 'HttpOnly', '', 'is no longer HttpOnly', 'others'],
  ])('tells %s', (_, blue, green, words, where) => {
    const changes = changesOf(cookieOf(blue), cookieOf(green));
    expect(changes[where].join()).toContain('cookie session ');
    expect(changes[where].join()).toContain(words);
  });

  it('tells nothing of what is the same, safer, or on one side only', () => {
    const same = changesOf(cookieOf('SameSite=Lax'), cookieOf('HttpOnly'));
    const other = changesOf(cookieOf(''), cookiesOf(headersWith('sid=y; Path=/x'), '/'));
    expect([same, other]).toEqual([
      { losing: [], others: [] },
      { losing: [], others: [] },
    ]);
  });
});
