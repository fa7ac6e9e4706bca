import { z } from 'zod';
import { messageOf, VerdigrisError } from '../release/errors.ts';

/** One request of a recording and what came back then. */
export interface Recorded {
  method: string;
  /** With its query. */
  path: string;
  /** In lower case, without what belongs to the connection or the browser that was recorded. */
  headers: Record<string, string>;
  body: string | undefined;
  status: number;
  /** Where it was redirected to, as a path where that is on the same origin; null when it was not. */
  location: string | null;
  /** The answer's text; null where the recording has none. */
  answer: string | null;
}

const header = z.object({ name: z.string(), value: z.string() });
const entry = z.object({
  _resourceType: z.string().optional(),
  request: z.object({
    method: z.string(),
    url: z.url(),
    headers: z.array(header).default([]),
    postData: z
      .object({
        text: z.string().optional(),
        params: z.array(z.object({ name: z.string(), value: z.string().default('') })).optional(),
      })
      .optional(),
  }),
  response: z.object({
    status: z.number(),
    headers: z.array(header).default([]),
    redirectURL: z.string().default(''),
    content: z
      .object({
        mimeType: z.string().default(''),
        text: z.string().optional(),
        encoding: z.string().optional(),
      })
      .prefault({}),
  }),
});
type Entry = z.output<typeof entry>;
const recording = z.object({ log: z.object({ entries: z.array(entry) }) });

/**
 * What was asked of the first origin of a HAR file (HTTP Archive 1.2), in its order: pages and data,
 * without scripts, styles, images, streams and preflights.
 * @throws ConfigInvalidError when it is no such file or has nothing to ask.
 */
export function readHar(text: string, location: string): Recorded[] {
  const entries = parse(text, location).log.entries.filter(isWorthAsking);
  const [first] = entries;
  if (!first) throw invalid(location, 'has no request in it that could be asked again');
  const { origin } = new URL(first.request.url);
  return entries.filter(({ request }) => new URL(request.url).origin === origin).map(toRecorded);
}

function parse(text: string, location: string): z.output<typeof recording> {
  try {
    return recording.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw invalid(location, `is no HAR file: ${reason.replace(/\s+/g, ' ').slice(0, 200)}`);
  }
}

function invalid(location: string, reason: string): VerdigrisError {
  return new VerdigrisError('ConfigInvalidError', `${location} ${reason}`);
}

const wantedTypes = ['document', 'xhr', 'fetch', 'other'];
const unwantedContent =
  /^(?:image|font|audio|video)\/|^text\/(?:css|javascript|event-stream)|^application\/(?:x-)?javascript|^application\/(?:font|wasm)/;

/** A request that was broken off has status 0. */
function isWorthAsking({ _resourceType: type, request, response }: Entry): boolean {
  if (request.method === 'OPTIONS' || response.status === 0) return false;
  if (!/^https?:/.test(request.url)) return false;
  if (type !== undefined && !wantedTypes.includes(type)) return false;
  return !unwantedContent.test(response.content.mimeType);
}

function toRecorded({ request, response }: Entry): Recorded {
  const url = new URL(request.url);
  return {
    method: request.method.toUpperCase(),
    path: url.pathname + url.search,
    headers: headersOf(request),
    body: bodyOf(request),
    // Nothing is known of an answer from the browser's own cache but that it was good.
    status: response.status === 304 ? 200 : response.status,
    location: locationOf(response, url),
    answer: answerOf(response),
  };
}

/** What a client adds itself, and what would only be true of the browser that was recorded. */
const ownHeaders =
  /^(?::|sec-|if-|proxy-)|^(?:host|cookie|content-length|connection|keep-alive|transfer-encoding|te|upgrade|upgrade-insecure-requests|accept-encoding|origin|referer|user-agent|cache-control|pragma|priority|dnt|expect)$/;

function headersOf({ headers }: Entry['request']): Record<string, string> {
  const named = headers.map(({ name, value }) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(named.filter(([name]) => !ownHeaders.test(name)));
}

function bodyOf({ postData }: Entry['request']): string | undefined {
  if (postData?.text !== undefined) return postData.text;
  const params = postData?.params ?? [];
  if (params.length === 0) return undefined;
  return new URLSearchParams(params.map(({ name, value }) => [name, value])).toString();
}

function locationOf({ status, headers, redirectURL }: Entry['response'], from: URL): string | null {
  if (status < 300 || status > 399 || status === 304) return null;
  const named = headers.find(({ name }) => name.toLowerCase() === 'location')?.value;
  const target = named ?? redirectURL;
  return target === '' ? null : redirectTarget(target, from.href, []);
}

function answerOf({ content: { text, encoding } }: Entry['response']): string | null {
  if (text === undefined) return null;
  return encoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text;
}

/**
 * Where a Location header leads: path and query where that is the host that was asked, or one of its other
 * names; else the whole address.
 */
export function redirectTarget(
  location: string,
  asked: string,
  otherHosts: readonly string[],
): string {
  const target = URL.parse(location, asked);
  if (!target) return location;
  const isOwn = target.host === new URL(asked).host || otherHosts.includes(target.hostname);
  return isOwn ? target.pathname + target.search : target.href;
}
