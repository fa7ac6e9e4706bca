import { parse } from 'yaml';
import type { Timers } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { isNamed, messageOf } from '../../release/errors.ts';
import { type CheckFiles, findText, missing } from '../check-files.ts';
import { addressOf, askSteadily, causeOf } from '../requests.ts';
import { type ApiDocument, readDocument } from './document.ts';

/** A larger document is not read. */
const mostBytes = 8 * 1024 * 1024;
/** Nor a larger one that is YAML, which takes far longer, and nothing else is done meanwhile. */
const mostYaml = 512 * 1024;

/** What reading a source needs. */
export interface SourceDeps {
  timers: Timers;
  files?: CheckFiles | undefined;
  abort: AbortSignal;
}

/**
 * A document, or why there is none. `isUnreachable` where nobody can say whether there is one.
 */
export type Found = { document: ApiDocument } | { problem: string; isUnreachable: boolean };

/** The OpenAPI document of an environment: at a path that starts with `/`, or in a file. */
export async function findDocument(
  source: string,
  ref: EnvironmentRef,
  deps: SourceDeps,
): Promise<Found> {
  const text = source.startsWith('/')
    ? await askFor(source, ref, deps)
    : await readFileOf(source, ref, deps);
  if (typeof text !== 'string') return text;
  try {
    return { document: readDocument(parseText(text)) };
  } catch (error) {
    return { problem: `${source} can't be used: ${messageOf(error)}`, isUnreachable: false };
  }
}

type Problem = Extract<Found, { problem: string }>;

async function askFor(
  target: string,
  ref: EnvironmentRef,
  { timers, abort }: SourceDeps,
): Promise<string | Problem> {
  const address = addressOf(ref);
  if (address === null) return { problem: 'it has no address to ask', isUnreachable: true };
  try {
    const request = { url: `${address}${target}`, signal: abort, mostBytes };
    const { status, body, isCut } = await askSteadily(request, { timers });
    if (status !== 200)
      return { problem: `${target} answers ${status}`, isUnreachable: status >= 500 };
    if (isCut)
      return { problem: `${target} has more than ${mostBytes} bytes`, isUnreachable: false };
    return body;
  } catch (error) {
    return { problem: `${target} gives no answer: ${causeOf(error)}`, isUnreachable: true };
  }
}

/** The text of a file of an environment, or why it can't be had. @throws ThrottledError */
export async function readFileOf(
  file: string,
  ref: EnvironmentRef,
  { files, abort }: Pick<SourceDeps, 'files' | 'abort'>,
): Promise<string | Problem> {
  try {
    const text = await findText(files, file, ref, abort);
    return text ?? { problem: `${file} ${missing(file)}`, isUnreachable: false };
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    return { problem: messageOf(error), isUnreachable: true };
  }
}

/**
 * JSON is YAML, but its own parser is quicker.
 * @throws Error saying where it is neither.
 */
function parseText(text: string): unknown {
  if (text.length > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
  try {
    return JSON.parse(text);
  } catch {
    if (text.length > mostYaml)
      throw new Error(`it is no JSON, and YAML may have ${mostYaml} bytes at most`);
    return parse(text, { maxAliasCount: 100 });
  }
}
