import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { Timers } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { messageOf } from '../../release/errors.ts';
import { addressOf, askSteadily, causeOf } from '../requests.ts';
import { type ApiDocument, readDocument } from './document.ts';

/** A larger document is not read. */
const mostBytes = 8 * 1024 * 1024;

/** What reading a source needs. */
export interface SourceDeps {
  timers: Timers;
  abort: AbortSignal;
}

/**
 * A document, or why there is none. `isUnreachable` where nobody can say whether there is one.
 */
export type Found = { document: ApiDocument } | { problem: string; isUnreachable: boolean };

/** The OpenAPI document of an environment: at a path that starts with `/`, or in a file of its artifact. */
export async function findDocument(
  source: string,
  ref: EnvironmentRef,
  deps: SourceDeps,
): Promise<Found> {
  const text = source.startsWith('/')
    ? await askFor(source, ref, deps)
    : await readArtifactFile(source, ref);
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

/** The text of a file of an environment's artifact, or why it can't be had. */
export async function readArtifactFile(
  file: string,
  { kind, attributes }: EnvironmentRef,
): Promise<string | Problem> {
  const { directory } = attributes;
  if (kind !== 'process' || directory === undefined) {
    const problem = `files of the artifact of a ${kind} can't be read, only those of a process of this machine: name a path of the service`;
    return { problem, isUnreachable: true };
  }
  try {
    return await readFile(path.join(directory, 'app', file), 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = isMissing ? `there is no ${file} in its artifact` : messageOf(error);
    return { problem, isUnreachable: !isMissing };
  }
}

/**
 * JSON is YAML, but its own parser is quicker.
 * @throws Error saying where it is neither.
 */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parse(text, { maxAliasCount: 100 });
  }
}
