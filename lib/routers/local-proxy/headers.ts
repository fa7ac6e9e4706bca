import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

// RFC 9110 section 7.6.1: these belong to one connection and are not passed on.
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

// The client's `Expect: 100-continue` has been answered by Node already.
const droppedFromRequests = [
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'http2-settings',
  'expect',
];

// What frames the body is never dropped on a client's word: that would be request smuggling.
const framing: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);

/** Makes a request ready to be passed on: without connection headers, with X-Forwarded-*. */
export function prepareRequest(req: IncomingMessage): void {
  const { headers } = req;
  for (const name of connectionNames(headers.connection)) {
    if (!framing.has(name)) delete headers[name];
  }
  for (const name of droppedFromRequests) {
    if (headers[name] !== undefined) delete headers[name];
  }
  // Overwritten, not deleted: to delete from nearly every request would make its headers slow.
  headers.connection = 'keep-alive';
  setForwarded(req);
  req.url = originForm(req.url ?? '/');
}

/** The same for a request to upgrade, which keeps `Connection: Upgrade`. */
export function prepareUpgrade(req: IncomingMessage): void {
  setForwarded(req);
  req.url = originForm(req.url ?? '/');
}

/** Cookies know no ports: a browser that is signed in to the conductor sends its session here, too. */
const ownCookie = /^\s*(?:__Host-|__Secure-)?verdigris(?:-[\w-]*)?\s*=/;

/** Whoever is released must not be able to act as the person who looks at it. */
function dropOwnCookies(headers: IncomingHttpHeaders): void {
  const { cookie } = headers;
  if (!cookie?.includes('verdigris')) return;
  const kept = cookie.split(';').filter((pair) => !ownCookie.test(pair));
  if (kept.length > 0) headers.cookie = kept.join(';').trim();
  else delete headers.cookie;
}

function setForwarded({ headers, socket }: IncomingMessage): void {
  dropOwnCookies(headers);
  const before = headers['x-forwarded-for'];
  const client = socket.remoteAddress ?? 'unknown';
  headers['x-forwarded-for'] = before ? `${before}, ${client}` : client;
  headers['x-forwarded-proto'] ??= 'http';
  if (headers.host !== undefined) headers['x-forwarded-host'] ??= headers.host;
}

/** `GET http://host/path` is allowed to every client; the environment gets `/path`. */
function originForm(url: string): string {
  if (url.startsWith('/') || url === '*') return url;
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

/** Name and value in turns, as `writeHead` takes them, without connection headers. */
export function responseHeaders(rawHeaders: readonly string[]): string[] {
  const named = new Set<string>();
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'connection') for (const other of connectionNames(value)) named.add(other);
    if (!hopByHop.has(lower)) kept.push(name, value);
  }
  return named.size === 0 ? kept : withoutNames(kept, named);
}

function withoutNames(pairs: readonly string[], names: ReadonlySet<string>): string[] {
  return pairs.filter((_, i) => {
    const name = (pairs[i - (i % 2)] ?? '').toLowerCase();
    return framing.has(name) || !names.has(name);
  });
}

/** The headers that a Connection header names, without the two everyday values. */
function connectionNames(connection: string | undefined): string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return [];
  return connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'keep-alive' && name !== 'close');
}

/** True when the request has no body, so that it can be sent a second time. */
export function hasNoBody(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] === undefined && (length === undefined || length === '0');
}

/** The host that a request names, in lower case and without its port. */
export function hostOf(headers: IncomingHttpHeaders): string {
  return (headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
}

/** What a sticky cookie says of its side, or undefined. */
export function stickyChoice(headers: IncomingHttpHeaders, cookie: string): string | undefined {
  const prefix = `${cookie}=`;
  const pair = headers.cookie?.split(';').find((part) => part.trimStart().startsWith(prefix));
  return pair?.trim().slice(prefix.length);
}

/** The Set-Cookie value that keeps a client on its side until its browser is closed. */
export function stickyCookie(cookie: string, value: string): string {
  return `${cookie}=${value}; Path=/; HttpOnly; SameSite=Lax`;
}
