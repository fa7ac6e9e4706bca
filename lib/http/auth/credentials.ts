import type { AuthRequest } from '../authenticate.ts';

/** What a request shows to be let in. Only one of them counts: nothing is tried twice. */
export type Credential =
  | { kind: 'aws' | 'none' }
  | { kind: 'api-token' | 'jwt' | 'shared-token' | 'cookie'; text: string };

/** Longer than any key that is meant for us. */
const longestBytes = 16 * 1024;

/** Three parts in base64url, the first of which is a JSON object (`{"` is `eyJ`). */
const jwtShape = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** Of a token of the API: `vgt_<id>_<secret>`. */
const apiTokenShape = /^vgt_/;

/** The credential by which a request is judged; the header goes before the cookie. */
export function credentialOf(request: AuthRequest, cookieName: string): Credential {
  if (request.awsCaller) return { kind: 'aws' };
  if (request.header('authorization') === undefined) {
    const text = cookieOf(request, cookieName);
    return text === null ? { kind: 'none' } : { kind: 'cookie', text };
  }
  const text = bearerOf(request);
  if (text === null) return { kind: 'none' };
  if (apiTokenShape.test(text)) return { kind: 'api-token', text };
  return { kind: isJwt(text) ? 'jwt' : 'shared-token', text };
}

/**
 * Whether a text has the form of a JWT, in the one way in which its bytes can be written: lenient
 * decoders take several texts for the same token (RFC 4648, section 3.5).
 */
export function isJwt(text: string): boolean {
  const isCanonical = (part: string) =>
    Buffer.from(part, 'base64url').toString('base64url') === part;
  return jwtShape.test(text) && text.split('.').every(isCanonical);
}

/** What stands behind `Authorization: Bearer`, or null. */
export function bearerOf({ header }: Pick<AuthRequest, 'header'>): string | null {
  const value = header('authorization') ?? '';
  if (value.length > longestBytes) return null;
  return /^Bearer +(\S+) *$/i.exec(value)?.[1] ?? null;
}

/** A cookie's value. Null when it is not there, or comes twice, as when somebody planted another. */
export function cookieOf({ header }: Pick<AuthRequest, 'header'>, name: string): string | null {
  const line = header('cookie') ?? '';
  if (line.length > longestBytes) return null;
  const values = line.split(';').flatMap((part) => {
    const [key = '', ...rest] = part.trim().split('=');
    return key === name ? [rest.join('=')] : [];
  });
  return values.length === 1 ? (values[0] ?? null) : null;
}
