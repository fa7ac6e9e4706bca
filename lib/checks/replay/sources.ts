import { z } from 'zod';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { CheckContext } from '../check.ts';
import { readText } from '../check-files.ts';
import { readHar } from '../har.ts';
import type { CheckDeps } from '../index.ts';
import type { ReplayConfig, WrittenRequest } from '../replay.ts';
import { headersWithSecrets, type ReadSecret, withSecrets } from '../written-requests.ts';

/** A request to send to both sides. */
export interface Replayed {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/**
 * The requests that a check replays, each once, in the order of their source.
 * @throws ConfigInvalidError when a file is not there or not what it should be, KindUnavailableError when
 * the platform has no such source.
 */
export async function readSource(
  { source }: Pick<ReplayConfig, 'source'>,
  context: CheckContext,
  { files, recentRequests }: Pick<CheckDeps, 'files' | 'recentRequests'>,
): Promise<Replayed[]> {
  if (source === 'traffic') return distinct(fromTraffic(context.service, recentRequests));
  if ('requests' in source) return distinct(await fromManifest(source.requests, context.secret));
  const location = 'har' in source ? source.har : source.lines;
  const text = await readText(files, location, context.green, context.abort);
  return distinct('har' in source ? fromHar(text, location) : fromLines(text, location));
}

function fromTraffic(service: string, recentRequests: CheckDeps['recentRequests']): Replayed[] {
  if (!recentRequests)
    throw unavailable('no router of this platform remembers requests; name them in source');
  return recentRequests(service).map(({ path, accept }) => {
    return { method: 'GET', path, headers: accept === null ? {} : { accept }, body: undefined };
  });
}

function fromManifest(
  requests: (string | WrittenRequest)[],
  readSecret: ReadSecret,
): Promise<Replayed[]> {
  return Promise.all(
    requests.map(async (one) => {
      if (typeof one === 'string')
        return { method: 'GET', path: one, headers: {}, body: undefined };
      const { method, path, json } = one;
      const headers = await headersWithSecrets(one.headers, readSecret);
      if (json === undefined) return { method, path, headers, body: one.body };
      const body = JSON.stringify(await withSecrets(json, readSecret));
      return { method, path, headers: { 'content-type': 'application/json', ...headers }, body };
    }),
  );
}

/** Without credentials: they were somebody's, and are old. */
function fromHar(text: string, location: string): Replayed[] {
  return readHar(text, location).map(({ method, path, body, headers: recorded }) => {
    const { authorization: _, ...headers } = recorded;
    return { method, path, headers, body };
  });
}

const line = z.strictObject({
  path: z.string().regex(/^\/[^\s]*$/, 'needs a path that starts with /'),
  method: z.string().default('GET'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
});

function fromLines(text: string, location: string): Replayed[] {
  const lines = text.split('\n').map((written, i) => ({ written, number: i + 1 }));
  return lines
    .filter(({ written }) => written.trim() !== '')
    .map(({ written, number }) => {
      const { method, path, headers, body } = readLine(written, `${location}, line ${number},`);
      return { method: method.toUpperCase(), path, headers, body };
    });
}

function readLine(written: string, where: string): z.output<typeof line> {
  try {
    return line.parse(JSON.parse(written));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    const message = `${where} is no request: ${reason.replace(/\s+/g, ' ').slice(0, 200)}`;
    throw new VerdigrisError('ConfigInvalidError', message, { cause });
  }
}

function distinct(requests: Replayed[]): Replayed[] {
  const known = new Set<string>();
  return requests.filter((request) => {
    const key = JSON.stringify(request);
    return !known.has(key) && known.add(key);
  });
}

function unavailable(message: string): VerdigrisError {
  return new VerdigrisError('KindUnavailableError', message);
}
