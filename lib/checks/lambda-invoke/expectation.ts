import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { duration } from '../../release/quantities.ts';
import { bodyExpectation, differs, parseJson, unmetBody } from '../body-expectation.ts';

const statusCode = z.int().min(100).max(599);

/** What a function's answer must be like, as the manifest's `expect` has it. */
export const expectation = z.strictObject({
  status: z
    .union([statusCode, z.array(statusCode).min(1)], {
      error: 'needs a status such as 200, or a list such as [200, 204]',
    })
    .optional()
    .describe('`statusCode` of the answer; below 400 if absent, where the answer has one'),
  bodyIncludes: bodyExpectation.bodyIncludes.describe(
    'Text that the body contains, or the whole answer where it has no body',
  ),
  bodyMatches: bodyExpectation.bodyMatches.describe('A regular expression, for the same text'),
  json: bodyExpectation.json.describe('Dotted path into the same text to the value it must have'),
  result: z.json().optional().describe('What the answer must be, or contain where it is an object'),
  maxDuration: duration.optional().describe('Until the answer is there, a cold start included'),
});
export type Expectation = z.output<typeof expectation>;

/** An answer as expectations look at it. */
export interface Answered {
  /** As it came, JSON or not. */
  text: string;
  durationMs: number;
}

interface Read {
  value: unknown;
  /** Of an answer in the form of API Gateway's proxy integration; null for any other. */
  status: number | null;
  body: string;
}

/** The first expectation that an answer does not meet, with what came instead; null when all do. */
export function unmet(expect: Expectation, answered: Answered): string | null {
  const read = readAnswer(answered.text);
  return (
    unmetStatus(expect, read) ??
    unmetBody(expect, read.body) ??
    unmetResult(expect, read) ??
    unmetDuration(expect, answered)
  );
}

function readAnswer(text: string): Read {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return { value, status: null, body: text };
  const { statusCode: status, body, isBase64Encoded } = value as Record<string, unknown>;
  if (typeof status !== 'number') return { value, status: null, body: text };
  const written = typeof body === 'string' ? body : '';
  const plain =
    isBase64Encoded === true ? Buffer.from(written, 'base64').toString('utf8') : written;
  return { value, status, body: plain };
}

function unmetStatus(expect: Expectation, { status }: Read): string | null {
  if (expect.status === undefined) {
    return status !== null && status >= 400 ? `status ${status}, an error` : null;
  }
  const wanted = [expect.status].flat();
  if (status !== null && wanted.includes(status)) return null;
  const came = status === null ? 'no statusCode in the answer' : `status ${status}`;
  return `${came} instead of ${wanted.join(' or ')}`;
}

function unmetResult({ result }: Expectation, { value }: Read): string | null {
  return result === undefined ? null : missingPart(value, result, 'the answer');
}

/** Objects may have more keys than were asked for; everything else has to be the same. */
function missingPart(actual: unknown, wanted: unknown, path: string): string | null {
  if (!isPlainObject(wanted) || !isPlainObject(actual)) {
    return isDeepStrictEqual(actual, wanted) ? null : differs(path, actual, wanted);
  }
  for (const [key, part] of Object.entries(wanted)) {
    const own = Object.hasOwn(actual, key) ? actual[key] : undefined;
    const missing = missingPart(own, part, path === 'the answer' ? key : `${path}.${key}`);
    if (missing !== null) return missing;
  }
  return null;
}

function unmetDuration({ maxDuration }: Expectation, { durationMs }: Answered): string | null {
  if (maxDuration === undefined || durationMs <= maxDuration * 1000) return null;
  return `answered in ${durationMs} ms, more than ${maxDuration * 1000} ms`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
