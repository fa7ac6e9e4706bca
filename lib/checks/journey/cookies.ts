import { CookieJar } from 'tough-cookie';
import { messageOf } from '../../release/errors.ts';

/** What a browser holds of one site during one journey. */
export interface Cookies {
  /** Takes what an answer sets; gives what was refused, in words. */
  take(headers: Headers, path: string): string[];
  /** The Cookie header for a path; empty when there is none. */
  headerFor(path: string): string;
  /** The value of the cookie that a request to this path would carry. */
  valueOf(name: string, path: string): string | null;
}

/**
 * No cookies yet. They are held as a browser holds them that sees the service at `https://host`: so do its
 * users, though a check may reach it at another address and without TLS.
 */
export function createCookies(host: string): Cookies {
  const jar = new CookieJar(undefined, { rejectPublicSuffixes: false, looseMode: true });
  const urlOf = (path: string) => new URL(path, `https://${host}`).href;
  return {
    take(headers, path) {
      return headers.getSetCookie().flatMap((line) => refusalOf(jar, line, urlOf(path)));
    },
    headerFor: (path) => jar.getCookieStringSync(urlOf(path)),
    valueOf(name, path) {
      const found = jar.getCookiesSync(urlOf(path)).find(({ key }) => key === name);
      return found?.value ?? null;
    },
  };
}

function refusalOf(jar: CookieJar, line: string, url: string): string[] {
  try {
    jar.setCookieSync(line, url);
    return [];
  } catch (error) {
    const [name = ''] = line.split('=');
    return [`the cookie ${name.trim()} was refused: ${messageOf(error)}`];
  }
}
