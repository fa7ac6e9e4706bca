import type { Context } from 'hono';
import {
  type ConsoleEncoding,
  type ConsoleFile,
  type ConsoleFiles,
  consoleEncodings,
} from './console.ts';

/** Everything that the console does not need is off, also what a hole in it could ask for. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const protection: Record<string, string> = {
  'Content-Security-Policy': policy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
};

/** A year; browsers heed it over TLS only (RFC 6797, 7.2). */
const transport = { 'Strict-Transport-Security': 'max-age=31536000' };

/** The page is asked for anew every time, and mostly answered with 304: it names the assets of today. */
export function answerPage(c: Context, { page }: ConsoleFiles): Response {
  return answer(c, page, 'no-cache');
}

/** An asset never changes under its name. One that is not there any more is a 404. */
export function answerAsset(c: Context, { assets }: ConsoleFiles): Response | Promise<Response> {
  const name = c.req.param('name') ?? '';
  const found = Object.hasOwn(assets, name) ? assets[name] : undefined;
  return found ? answer(c, found, 'public, max-age=31536000, immutable') : c.notFound();
}

function answer(c: Context, file: ConsoleFile, cacheControl: string): Response {
  const isSecure = new URL(c.req.url).protocol === 'https:';
  const headers: Record<string, string> = {
    ...protection,
    ...(isSecure ? transport : {}),
    'Cache-Control': cacheControl,
    ETag: file.etag,
    Vary: 'Accept-Encoding',
  };
  if (isKnown(c.req.header('if-none-match'), file.etag)) return c.body(null, 304, headers);
  const encoding = encodingFor(c.req.header('accept-encoding') ?? '', file);
  const bytes = encoding ? file.compressed[encoding] : undefined;
  return c.body(bytes ?? file.plain, 200, {
    ...headers,
    'Content-Type': file.type,
    ...(bytes && encoding ? { 'Content-Encoding': encoding } : {}),
  });
}

/** If-None-Match: a list, compared weakly, or `*` (RFC 9110, 13.1.2). */
function isKnown(header: string | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return (header ?? '').split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}

/** The best encoding that both sides have. `gzip;q=0` refuses it (RFC 9110, 12.5.3). */
function encodingFor(accepted: string, { compressed }: ConsoleFile): ConsoleEncoding | undefined {
  const wanted = accepted
    .toLowerCase()
    .split(',')
    .map((it) => it.split(';').map((part) => part.trim()))
    .filter(([, weight]) => !/^q=0(\.0*)?$/.test(weight ?? ''))
    .map(([name]) => name);
  return consoleEncodings.find((it) => compressed[it] && wanted.includes(it));
}
