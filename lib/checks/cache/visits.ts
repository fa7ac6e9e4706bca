import { createHash } from 'node:crypto';
import type { Timers } from '../../release/clock.ts';
import { askSteadily, type CheckResponse, causeOf } from '../requests.ts';
import { freshSeconds } from './freshness.ts';
import { filesOf, type PageFiles } from './page-files.ts';

/** What looking needs. */
export interface VisitDeps {
  timers: Timers;
  abort: AbortSignal;
}

/** An HTML page of one side; `problem` where it is none. */
export type Page =
  | { path: string; freshSeconds: number; files: PageFiles }
  | { path: string; problem: string; status: number | null };

/** A file as one side serves it; `problem` where it does not. */
export type File =
  | { digest: string; freshSeconds: number }
  | { problem: string; status: number | null };

/** Of a file, so many bytes are looked at. */
const mostOfFile = 8 * 1024 * 1024;
/** Of a page. */
const mostOfPage = 2 * 1024 * 1024;
/** So many at once: this is a look, not a load. */
const atOnce = 4;

/** What a side shows at a path. */
export async function visitPage(address: string, path: string, deps: VisitDeps): Promise<Page> {
  const answer = await ask(`${address}${path}`, deps, mostOfPage);
  if (typeof answer === 'string')
    return { path, status: null, problem: `gives no answer: ${answer}` };
  const { status, headers, body } = answer;
  if (status !== 200) return { path, status, problem: problemOf(answer) };
  if (!isHtml(headers)) return { path, status, problem: `is ${typeOf(headers)}, no HTML` };
  return { path, freshSeconds: freshSeconds(headers), files: filesOf(body, `${address}${path}`) };
}

function problemOf({ status, headers }: CheckResponse): string {
  const target = headers.get('location');
  return target === null
    ? `answers ${status}`
    : `answers ${status} to ${target}: name that page instead`;
}

/** Every file as a side serves it, by its path. */
export async function visitFiles(
  address: string,
  paths: readonly string[],
  deps: VisitDeps,
): Promise<Map<string, File>> {
  const queue = [...paths];
  const files = new Map<string, File>();
  const worker = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift())
      files.set(path, await visitFile(address, path, deps));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return files;
}

async function visitFile(address: string, path: string, deps: VisitDeps): Promise<File> {
  const answer = await ask(`${address}${path}`, deps);
  if (typeof answer === 'string') return { status: null, problem: `gives no answer: ${answer}` };
  const { status, headers, bytes } = answer;
  if (status !== 200) return { status, problem: `answers ${status}` };
  // Applications of one page answer whatever they don't know with that page.
  if (isHtml(headers) && !/\.html?$|\/$/.test(path.split('?')[0] ?? ''))
    return { status, problem: 'is a page of HTML' };
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { digest, freshSeconds: freshSeconds(headers) };
}

function isHtml(headers: Headers): boolean {
  return /^(?:text\/html|application\/xhtml\+xml)\b/i.test(typeOf(headers));
}

function typeOf(headers: Headers): string {
  return headers.get('content-type') ?? 'of no type';
}

/** The answer, or why there is none. */
async function ask(
  url: string,
  { timers, abort }: VisitDeps,
  mostBytes = mostOfFile,
): Promise<CheckResponse | string> {
  try {
    return await askSteadily({ url, signal: abort, mostBytes }, { timers });
  } catch (error) {
    return causeOf(error);
  }
}
