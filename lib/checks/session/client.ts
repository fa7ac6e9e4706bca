import type { Timers } from '../../release/clock.ts';
import type { Json } from '../../release/json.ts';
import { parseJson, valueAt } from '../body-expectation.ts';
import { askSteadily, type CheckResponse, causeOf } from '../requests.ts';
import type { SessionConfig, WrittenRequest } from '../session.ts';
import {
  type AnswerExpectation,
  headersWithSecrets,
  type ReadSecret,
  unmetAnswer,
  withSecrets,
} from '../written-requests.ts';
import { type CookieJar, createCookieJar, type Site } from './cookies.ts';

/** One side to ask. */
export interface Side {
  name: 'blue' | 'green';
  /** Base URL without a slash at its end. */
  base: string;
}

/** What one visitor brings along. */
export interface Session {
  jar: CookieJar;
  token: string | null;
}

/** A request with every secret in its place. */
interface ReadyRequest {
  what: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  expect: AnswerExpectation;
}

/** A visitor of either side. Reasons are null when all was as expected. */
export interface Client {
  /** A visitor whom nobody knows. */
  stranger(): Session;
  logIn(side: Side, session: Session): Promise<string | null>;
  /** Asks what only a session may see. */
  verify(side: Side, session: Session): Promise<string | null>;
  /** Puts something in; null also where nothing is asked for. */
  put(side: Side, session: Session): Promise<string | null>;
  /** Looks for it; null also where nothing is asked for. */
  see(side: Side, session: Session): Promise<string | null>;
}

/**
 * A client with the secrets that its requests need.
 * @throws whatever `read` throws.
 */
export async function createClient(
  { carry, token, url, login, verify, state }: SessionConfig,
  read: ReadSecret,
  { timers, abort }: { timers: Timers; abort: AbortSignal },
): Promise<Client> {
  const site = siteOf(url);
  const [loginRequest, verifyRequest] = await Promise.all([
    ready(login, read),
    ready(verify, read),
  ]);
  const put = state ? await ready(state.put, read) : null;
  const see = state ? await ready(state.see, read) : null;

  /** Sends it again where no answer came: none of these requests does harm when it comes twice. */
  async function send({ base }: Side, request: ReadyRequest, session: Session) {
    const { method, path, body } = request;
    const headers = { ...forwarded(site), ...request.headers, ...carried(session, carry, path) };
    const answer = await askSteadily(
      { url: `${base}${path}`, method, headers, body, signal: abort },
      { timers, isRepeatable: true },
    );
    session.jar.keep(answer.headers, path);
    return answer;
  }

  async function ask(
    side: Side,
    request: ReadyRequest | null,
    session: Session,
    look: (answer: CheckResponse) => string | null = () => null,
  ): Promise<string | null> {
    if (request === null) return null;
    try {
      const answer = await send(side, request, session);
      const reason = unmetAnswer(request.expect, answer) ?? look(answer);
      return reason === null ? null : `${request.what}: ${reason}`;
    } catch (error) {
      return `${request.what}: no answer: ${causeOf(error)}`;
    }
  }

  return {
    stranger: () => ({ jar: createCookieJar(site), token: null }),
    logIn: (side, session) =>
      ask(side, loginRequest, session, ({ body }) => {
        if (token === undefined) return reasonWithoutCookie(session);
        const value = valueAt(parseJson(body), token);
        if (typeof value !== 'string' || value === '') return `its answer has no text at ${token}`;
        session.token = value;
        return null;
      }),
    verify: (side, session) => ask(side, verifyRequest, session),
    put: (side, session) => ask(side, put, session),
    see: (side, session) => ask(side, see, session),
  };
}

function reasonWithoutCookie({ jar }: Session): string | null {
  if (jar.cookies().length > 0) return null;
  return jar.refusals()[0] ?? 'its answer sets no cookie';
}

async function ready(
  { method, path, headers, json, form, expect }: WrittenRequest,
  read: ReadSecret,
): Promise<ReadyRequest> {
  const own = await headersWithSecrets(headers, read);
  const { type, body } = await bodyOf(json, form, read);
  const all = type === null ? own : { 'content-type': type, ...own };
  return { what: `${method} ${path}`, method, path, headers: all, body, expect };
}

async function bodyOf(
  json: Json | undefined,
  form: WrittenRequest['form'],
  read: ReadSecret,
): Promise<{ type: string | null; body: string | undefined }> {
  if (json !== undefined)
    return { type: 'application/json', body: JSON.stringify(await withSecrets(json, read)) };
  if (form === undefined) return { type: null, body: undefined };
  const fields = await headersWithSecrets(form, read);
  const type = 'application/x-www-form-urlencoded';
  return { type, body: new URLSearchParams(fields).toString() };
}

function carried({ jar, token }: Session, carry: 'cookie' | 'bearer', path: string) {
  if (carry === 'bearer') return token === null ? {} : { authorization: `Bearer ${token}` };
  const cookie = jar.headerFor(path);
  return cookie === null ? {} : { cookie };
}

function siteOf(url: string | undefined): Site {
  if (url === undefined) return null;
  const { hostname, protocol } = new URL(url);
  return { host: hostname, isHttps: protocol === 'https:' };
}

/** What whoever stands before the service tells it of its visitors. */
function forwarded(site: Site): Record<string, string> {
  if (site === null) return {};
  const proto = site.isHttps ? 'https' : 'http';
  return { 'x-forwarded-proto': proto, 'x-forwarded-host': site.host };
}
