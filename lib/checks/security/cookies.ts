import type { Finding } from '../findings.ts';
import type { CookieFlag } from '../security.ts';

/** What protects a cookie. */
interface Protection {
  isHttpOnly: boolean;
  isSecure: boolean;
  /** Null where the browser decides, which takes it for Lax most of the time. */
  sameSite: 'strict' | 'lax' | 'none' | null;
  /** Null where only the host that set it gets it back. */
  domain: string | null;
}

/** How much a browser holds back. */
const strictness = { none: 0, absent: 1, lax: 2, strict: 3 };

/**
 * Cookies that green protects less than blue, by their names. One that blue does not set has nothing to be
 * compared with, and is told of where scripts can read it.
 */
export function weakerCookies(blue: Headers, green: Headers, asked: string): Finding[] {
  const before = protectionsOf(blue);
  return [...protectionsOf(green)].flatMap(([name, now]) => {
    const then = before.get(name);
    const changes = then ? lossesOf(then, now) : newcomer(now);
    return changes.map(([what, says]) => ({
      path: `cookies.${name}.${what}`,
      verdict: then ? ('fail' as const) : ('warn' as const),
      says: `cookie ${name} ${says} (${asked})`,
    }));
  });
}

/** Cookies without what they must have, whatever blue does, by their names. */
export function bareCookies(
  green: Headers,
  flags: readonly CookieFlag[],
  asked: string,
): Finding[] {
  return [...protectionsOf(green)].flatMap(([name, now]) =>
    flags
      .filter((flag) => !hasFlag(now, flag))
      .map((flag) => ({
        path: `cookies.${name}.${flag}`,
        verdict: 'fail' as const,
        says: `cookie ${name} has no ${flag} (${asked})`,
      })),
  );
}

function hasFlag({ isHttpOnly, isSecure, sameSite }: Protection, flag: CookieFlag): boolean {
  return { HttpOnly: isHttpOnly, Secure: isSecure, SameSite: sameSite !== null }[flag];
}

type Change = [what: string, says: string];

function lossesOf(then: Protection, now: Protection): Change[] {
  const changes: Change[] = [];
  if (then.isHttpOnly && !now.isHttpOnly) changes.push(['HttpOnly', 'is no longer HttpOnly']);
  if (then.isSecure && !now.isSecure) changes.push(['Secure', 'is no longer Secure']);
  const [before, after] = [then.sameSite ?? 'absent', now.sameSite ?? 'absent'] as const;
  if (strictness[after] < strictness[before])
    changes.push(['SameSite', `has SameSite ${after} instead of ${before}`]);
  if (now.domain !== null && !isWithin(now.domain, then.domain))
    changes.push(['Domain', `goes to all of ${now.domain} now`]);
  return changes;
}

function isWithin(inner: string, outer: string | null): boolean {
  return outer !== null && (inner === outer || inner.endsWith(`.${outer}`));
}

function newcomer({ isHttpOnly }: Protection): Change[] {
  return isHttpOnly ? [] : [['HttpOnly', 'is new and not HttpOnly']];
}

/** Of every cookie that an answer sets; the last of one name counts. */
function protectionsOf(headers: Headers): Map<string, Protection> {
  return new Map(headers.getSetCookie().map(parseCookie));
}

function parseCookie(line: string): [string, Protection] {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const named = new Map(
    attributes.map((attribute) => {
      const [name = '', value = ''] = attribute.split('=');
      return [name.trim().toLowerCase(), value.trim().toLowerCase()];
    }),
  );
  return [
    pair.split('=')[0] ?? '',
    {
      isHttpOnly: named.has('httponly'),
      isSecure: named.has('secure'),
      sameSite: sameSiteOf(named.get('samesite')),
      domain: named.get('domain')?.replace(/^\./, '') || null,
    },
  ];
}

function sameSiteOf(value: string | undefined): Protection['sameSite'] {
  return value === 'strict' || value === 'lax' || value === 'none' ? value : null;
}
