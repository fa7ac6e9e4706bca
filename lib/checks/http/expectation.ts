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
    'Dotted path to the value it must have, for instance products.0.name',
  ),
  headers: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe('Header to what it must contain'),
  maxLatency: duration.optional().describe('Until the whole body is there'),
});
export type Expectation = z.output<typeof expectation>;

/** An answer as expectations look at it; `latencyMs` is until the whole body was there. */
export interface Answered {
  status: number;
  headers: Headers;
  body: string;
  latencyMs: number;
}

/** The first expectation that an answer does not meet, with what came instead; null when all do. */
export function unmet(expect: Expectation, answered: Answered): string | null {
  return (
    unmetStatus(expect, answered) ??
    unmetHeader(expect, answered) ??
    unmetBody(expect, answered.body) ??
    unmetLatency(expect, answered)
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

function unmetLatency({ maxLatency }: Expectation, { latencyMs }: Answered): string | null {
  if (maxLatency === undefined || latencyMs <= maxLatency * 1000) return null;
  return `answered in ${latencyMs} ms, more than ${maxLatency * 1000} ms`;
}
