import { z } from 'zod';
import { duration } from '../../release/quantities.ts';
import { bodyExpectation, unmetBody } from '../body-expectation.ts';

const statusCode = z.int().min(100).max(599);

/** What an answer must be like, as the manifest's `expect` has it. */
export const expectation = z.strictObject({
  status: z
    .union([statusCode, z.array(statusCode).min(1)], {
      error: 'needs a status such as 200, or a list such as [200, 204]',
    })
    .default(200)
    .describe('One of these'),
  bodyIncludes: bodyExpectation.bodyIncludes.describe('Text that the body contains'),
  bodyMatches: bodyExpectation.bodyMatches.describe('A regular expression'),
  json: bodyExpectation.json.describe(
    'Path to the value it must have, for instance products.0.name or products[*].currency',
  ),
  schema: z
    .record(z.string(), z.json())
    .optional()
    .describe('A JSON schema that the body must be valid against'),
  headers: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe('Header to what it must contain'),
  maxLatency: duration
    .optional()
    .describe('Until the whole body is there; the median of all answers is compared'),
});
export type Expectation = z.output<typeof expectation>;

/** An answer as expectations look at it. */
export interface Answered {
  status: number;
  headers: Headers;
  body: string;
}

/** The first thing that is wrong with a body by its schema, or null. */
export type SchemaJudge = (body: string) => string | null;

/**
 * The first expectation that one answer does not meet, with what came instead; null when all do. How long
 * it took is for all answers together to say.
 */
export function unmet(
  expect: Expectation,
  answered: Answered,
  judgeSchema: SchemaJudge = () => null,
): string | null {
  return (
    unmetStatus(expect, answered) ??
    unmetHeader(expect, answered) ??
    unmetBody(expect, answered.body) ??
    judgeSchema(answered.body)
  );
}

function unmetStatus(expect: Expectation, { status }: Answered): string | null {
  const wanted = [expect.status].flat();
  return wanted.includes(status) ? null : `status ${status} instead of ${wanted.join(' or ')}`;
}

function unmetHeader(expect: Expectation, { headers }: Answered): string | null {
  const wanted = Object.entries(expect.headers ?? {});
  const missed = wanted.find(([name, part]) => !headers.get(name)?.includes(part));
  if (!missed) return null;
  const [name, part] = missed;
  const actual = headers.get(name);
  const instead = actual === null ? 'is missing' : `is "${actual}"`;
  return `header ${name} ${instead}, without "${part}"`;
}

/** Why so many answers were too slow, by their median; null when they were not. Milliseconds. */
export function unmetLatency({ maxLatency }: Expectation, latencies: readonly number[]) {
  const typical = medianOf(latencies);
  if (maxLatency === undefined || typical === null || typical <= maxLatency * 1000) return null;
  const which = latencies.length > 1 ? ` (median of ${latencies.length})` : '';
  return `answered in ${typical} ms${which}, more than ${maxLatency * 1000} ms`;
}

/** The one in the middle, of an even number the smaller of two; null of none. */
export function medianOf(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null;
}
