import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { isAllowedSomewhere } from '../../release/access.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { AppEnv } from '../app.ts';
import type { Principal } from '../authenticate.ts';
import { authRequestOf } from '../connection.ts';
import { parseJsonBody } from '../request-body.ts';
import { validate } from '../validate.ts';
import { claimedActor } from './actor.ts';
import type { SignInDoorDeps } from './add-sign-in.ts';
import { cookieOf } from './credentials.ts';
import type { SignIn } from './identity.ts';
import { oidcPrincipal } from './oidc.ts';
import { returnPath } from './return-path.ts';
import { foreignOrigin, refusalOfOrigin } from './same-origin.ts';
import type { OpenedSession } from './sessions.ts';

/** So long somebody may take to sign in at the issuer. */
const signInMs = 600_000;
/** Browsers keep at least this much of a cookie (RFC 6265, section 6.1), with its name and attributes. */
const longestCookie = 3800;

const sessionRequest = z.strictObject({
  token: z.string().min(1).max(1000),
  /** Who has the shared token says who they are. */
  actor: z.string().max(200).optional(),
});

const checksSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  back: z.string(),
});

/** POST /auth/session: trades a token, of either kind, for a cookie. */
export async function openSession(c: Context<AppEnv>, deps: SignInDoorDeps): Promise<Response> {
  const { signIn } = deps;
  const origin = foreignOrigin({ header: (name) => c.req.header(name) }, signIn.publicUrl);
  if (origin) throw new VerdigrisError('ForbiddenError', `another site asks: ${origin}`);
  const body = parseJsonBody({
    text: await c.req.text(),
    contentType: c.req.header('content-type'),
  });
  const { token, actor } = validate(sessionRequest, body, 'body');
  const principal = await authenticateToken(token, c, deps);
  const name = principal.via === 'shared-token' && actor ? claimedActor(actor) : principal.actor;
  const session = await signIn.sessions.openWithToken(token, { ...principal, actor: name });
  if (!session) throw wrongToken();
  keepSession(c, session, signIn);
  return c.json({ actor: name, expiresAt: new Date(session.expiresAtMs).toISOString() }, 201);
}

async function authenticateToken(
  token: string,
  c: Context<AppEnv>,
  { authenticate, connectionOf }: SignInDoorDeps,
): Promise<Principal> {
  const request = authRequestOf(c, connectionOf);
  const headers = new Map([['authorization', `Bearer ${token}`]]);
  const principal = await authenticate({
    ...request,
    awsCaller: null,
    header: (name) => headers.get(name),
  });
  if (principal?.via === 'shared-token' || principal?.via === 'api-token') return principal;
  throw wrongToken();
}

function wrongToken(): VerdigrisError {
  return new VerdigrisError('UnauthorizedError', 'token: is not one that counts here');
}

/** GET /auth/login: sends the browser to the issuer, with a cookie that knows it again. */
export async function beginSignIn(
  c: Context<AppEnv>,
  { signIn }: SignInDoorDeps,
): Promise<Response> {
  const { provider, clock } = signIn;
  if (!provider) throw noIssuer();
  const { url, checks } = await (await provider()).begin(callbackUrl(c, signIn));
  const expiresAtMs = clock.now() + signInMs;
  const back = returnPath(c.req.query('return'));
  const { seal } = await import('./sealed.ts');
  const sealed = await seal('sign-in', { ...checks, back }, expiresAtMs, signIn);
  // Lax, since the issuer sends the browser here; and only here.
  setCookie(c, checksCookie(signIn), sealed, {
    path: new URL(callbackUrl(c, signIn)).pathname,
    httpOnly: true,
    secure: signIn.isSecure,
    sameSite: 'Lax',
    maxAge: signInMs / 1000,
  });
  return c.redirect(url.href, 302);
}

/** GET /auth/callback: the browser comes back from the issuer. */
export async function finishSignIn(
  c: Context<AppEnv>,
  { signIn }: SignInDoorDeps,
): Promise<Response> {
  const { provider, access, sessions } = signIn;
  if (!provider || !access.oidc) throw noIssuer();
  const checks = await checksOf(c, signIn);
  const url = new URL(callbackUrl(c, signIn));
  deleteCookie(c, checksCookie(signIn), { path: url.pathname, secure: signIn.isSecure });
  url.search = new URL(c.req.url).search;
  const claims = await (await provider()).finish(url, checks);
  const { actor, grants } = oidcPrincipal(claims, access.oidc, access);
  if (!isAllowedSomewhere(grants, 'read')) {
    throw new VerdigrisError(
      'ForbiddenError',
      `no rule of the access configuration is for ${actor}`,
    );
  }
  keepSession(c, await sessions.openWithClaims(claims), signIn);
  return c.redirect(`${signIn.publicUrl ?? ''}${checks.back}`, 303);
}

async function checksOf(c: Context<AppEnv>, signIn: SignIn) {
  const text = cookieOf({ header: (name) => c.req.header(name) }, checksCookie(signIn));
  const { unseal } = await import('./sealed.ts');
  const checks = checksSchema.safeParse(text && (await unseal('sign-in', text, signIn)));
  if (checks.success) return checks.data;
  throw new VerdigrisError(
    'UnauthorizedError',
    'this sign-in was not begun in this browser, or more than ten minutes ago; begin again at /auth/login',
  );
}

/** POST /auth/logout: the browser forgets its session. */
export function closeSession(c: Context<AppEnv>, { signIn }: SignInDoorDeps): Response {
  const header = (name: string) => c.req.header(name);
  const { method, path } = c.req;
  const request = { method, path, header, awsCaller: null, remoteAddress: null };
  const reason = refusalOfOrigin(request, signIn.publicUrl);
  if (reason) throw new VerdigrisError('ForbiddenError', `another site asks: ${reason}`);
  deleteCookie(c, signIn.cookieName, { path: '/', secure: signIn.isSecure });
  return c.json({ signedOut: true });
}

function keepSession(c: Context<AppEnv>, session: OpenedSession, signIn: SignIn): void {
  if (session.text.length > longestCookie) {
    throw new VerdigrisError(
      'ForbiddenError',
      'so many rules of the access configuration are for this person that no cookie holds them',
    );
  }
  setCookie(c, signIn.cookieName, session.text, {
    path: '/',
    httpOnly: true,
    secure: signIn.isSecure,
    sameSite: 'Strict',
    maxAge: Math.max(0, Math.floor((session.expiresAtMs - signIn.clock.now()) / 1000)),
  });
}

function checksCookie({ isSecure }: SignIn): string {
  return isSecure ? '__Secure-verdigris-sign-in' : 'verdigris-sign-in';
}

/** As it is registered at the issuer, which compares every character. */
function callbackUrl(c: Context<AppEnv>, { publicUrl }: SignIn): string {
  return `${publicUrl ?? new URL(c.req.url).origin}/auth/callback`;
}

function noIssuer(): VerdigrisError {
  return new VerdigrisError('RouteUnknownError', 'browsers sign in with a token here');
}
