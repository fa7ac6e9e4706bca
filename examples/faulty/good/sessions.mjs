/**
 * Stateless sessions: `v1.<payload>.<signature>`, both base64url, signed with HMAC-SHA256. Cookie and
 * bearer token have the same form, so every copy of the shop that knows the secret can read either.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { config } from './config.mjs';

const lifetimeSeconds = 24 * 60 * 60;
const form = 'v1';
/** Without a secret sessions end with this process. */
const secret = config.sessionSecret ?? randomBytes(32).toString('hex');

const empty = { user: null, cart: {} };

const signatureOf = (payload) =>
  createHmac('sha256', secret).update(`${form}.${payload}`).digest('base64url');

const nowSeconds = () => Math.floor(Date.now() / 1000);

/** A session `{user, cart}` as a token. */
export function seal({ user, cart }) {
  const session = { user, cart, expires: nowSeconds() + lifetimeSeconds };
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `${form}.${payload}.${signatureOf(payload)}`;
}

/** The session in a token, or null when it is none of ours or has expired. */
export function unseal(token) {
  const [version, payload, signature, ...rest] = token.split('.');
  if (version !== form || !payload || !signature || rest.length > 0) return null;
  if (!isSame(signature, signatureOf(payload))) return null;
  const { user, cart, expires } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return expires > nowSeconds() ? { user, cart } : null;
}

/** Whether two secrets are the same, in a time that does not tell how far they agree. */
export function isSame(left, right) {
  const digest = (text) => createHmac('sha256', secret).update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** Who asks, and what is in the cart: by cookie or `Authorization: Bearer`; an empty session if neither. */
export function sessionOf({ headers }) {
  const token = bearerOf(headers.authorization) ?? cookieOf(headers.cookie);
  return (token && unseal(token)) || empty;
}

/** The header that hands a session to a browser. */
export function sessionCookie(session, { headers }) {
  const parts = [
    `session=${seal(session)}`,
    'Path=/',
    `Max-Age=${lifetimeSeconds}`,
    'HttpOnly',
    'SameSite=Lax',
  ];
  if (headers['x-forwarded-proto'] === 'https') parts.push('Secure');
  return { 'set-cookie': parts.join('; ') };
}

const bearerOf = (header) => /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];

const cookieOf = (header = '') =>
  header
    .split(/; */)
    .find((pair) => pair.startsWith('session='))
    ?.slice('session='.length);
