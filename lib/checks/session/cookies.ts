import { defaultPath, domainMatch, Cookie as ParsedCookie, pathMatch } from 'tough-cookie';

/** A cookie as a browser keeps it. */
export interface Cookie {
  name: string;
  value: string;
  /** Without a dot before it; null where only the very host gets the cookie back. */
  domain: string | null;
  path: string;
  /** Absent attributes are Lax: that is what browsers make of them. */
  sameSite: 'none' | 'lax' | 'strict';
  isSecure: boolean;
  isHttpOnly: boolean;
  /** One that is over when it comes: the server takes it back. */
  isOver: boolean;
}

/** Where browsers meet the service; null where nobody said. */
export type Site = { host: string; isHttps: boolean } | null;

/** What a browser holds of one visitor. */
export interface CookieJar {
  /** Takes what an answer to a request of this path brings. */
  keep(headers: Headers, path: string): void;
  /** The Cookie header of a request of this path; null when there is nothing to bring. */
  headerFor(path: string): string | null;
  /** All that came and was not taken back. */
  cookies(): Cookie[];
  /** Why some of what came was not taken, each once. */
  refusals(): string[];
}

/** An empty jar, which takes and gives as RFC 6265 and browsers have it. */
export function createCookieJar(site: Site): CookieJar {
  const kept = new Map<string, Cookie>();
  const refused = new Set<string>();
  return {
    keep(headers, path) {
      for (const cookie of cookiesOf(headers, path)) {
        const reason = reasonToRefuse(cookie, site);
        if (reason !== null) refused.add(`a browser refuses the cookie ${cookie.name}: ${reason}`);
        else if (cookie.isOver) kept.delete(keyOf(cookie));
        else kept.set(keyOf(cookie), cookie);
      }
    },
    headerFor(path) {
      const pairs = [...kept.values()]
        .filter((cookie) => pathCovers(cookie.path, path))
        // Longer paths first (RFC 6265, section 5.4): a server takes the first of one name.
        .sort((a, b) => b.path.length - a.path.length)
        .map(({ name, value }) => `${name}=${value}`);
      return pairs.length > 0 ? pairs.join('; ') : null;
    },
    cookies: () => [...kept.values()],
    refusals: () => [...refused],
  };
}

/** A browser holds two cookies of one name when their domains or paths differ. */
function keyOf({ name, domain, path }: Cookie): string {
  return [name, domain ?? '', path].join(';');
}

/** What an answer to a request of this path brings. */
export function cookiesOf(headers: Headers, path: string): Cookie[] {
  const answeredAt = Date.parse(headers.get('date') ?? '') || 0;
  return headers.getSetCookie().flatMap((line) => {
    const parsed = ParsedCookie.parse(line, { loose: true });
    return parsed ? [toCookie(parsed, path, answeredAt)] : [];
  });
}

function toCookie(parsed: ParsedCookie, path: string, answeredAt: number): Cookie {
  const { key, value, domain, sameSite, secure, httpOnly } = parsed;
  return {
    name: key,
    value,
    domain: domain ? domain.toLowerCase() : null,
    path: parsed.path ?? defaultPath(plainPath(path)),
    sameSite: sameSite === 'none' || sameSite === 'strict' ? sameSite : 'lax',
    isSecure: secure,
    isHttpOnly: httpOnly,
    isOver: isOver(parsed, answeredAt),
  };
}

/** A Max-Age counts more than a date (RFC 6265, section 5.3); the date by the server's own clock. */
function isOver({ maxAge, expires }: ParsedCookie, answeredAt: number): boolean {
  if (typeof maxAge === 'number') return maxAge <= 0;
  if (typeof maxAge === 'string') return maxAge === '-Infinity';
  return expires instanceof Date && expires.getTime() <= answeredAt;
}

/** Whether a cookie of this path is brought to the other one. */
export function pathCovers(cookiePath: string, path: string): boolean {
  return pathMatch(plainPath(path), cookiePath);
}

/** Whether hosts of `inner` are hosts of `outer`. */
export function domainCovers(outer: string, inner: string): boolean {
  return domainMatch(inner, outer) === true;
}

function plainPath(path: string): string {
  return path.split('?', 1)[0] ?? path;
}

function reasonToRefuse(cookie: Cookie, site: Site): string | null {
  const { name, domain, path, sameSite, isSecure } = cookie;
  if (/^__Host-/i.test(name) && (domain !== null || path !== '/'))
    return '__Host- wants Path=/ and no Domain';
  if (site === null) return null;
  if (domain !== null && !domainCovers(domain, site.host))
    return `Domain=${domain} is not where ${site.host} is`;
  if (isSecure) return site.isHttps ? null : 'it is Secure, and the service is not on https';
  if (/^__(Host|Secure)-/i.test(name)) return 'its name wants Secure';
  return sameSite === 'none' ? 'SameSite=None wants Secure' : null;
}
