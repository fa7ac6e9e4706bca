import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { duration } from '../../release/quantities.ts';

const statusCode = z.int().min(100).max(599);
const pattern = z.string().refine(isPattern, 'is not a regular expression');

/** What an answer must be like, as the manifest's `expect` has it. */
export const expectation = z.strictObject({
  status: z
    .union([statusCode, z.array(statusCode).min(1)], {
      error: 'needs a status such as 200, or a list such as [200, 204]',
    })
    .default(200)
    .describe('One of these'),
  bodyIncludes: z.string().min(1).optional().describe('Text that the body contains'),
  bodyMatches: pattern.optional().describe('A regular expression'),
  json: z
    .record(z.string().min(1), z.json())
    .optional()
    .describe('Dotted path to the value it must have, for instance products.0.name'),
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
    unmetBody(expect, answered) ??
    unmetJson(expect, answered) ??
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

function unmetBody({ bodyIncludes, bodyMatches }: Expectation, { body }: Answered): string | null {
  if (bodyIncludes !== undefined && !body.includes(bodyIncludes))
    return `the body does not include "${bodyIncludes}"`;
  if (bodyMatches !== undefined && !new RegExp(bodyMatches).test(body))
    return `the body does not match /${bodyMatches}/`;
  return null;
}

function unmetJson({ json }: Expectation, { body }: Answered): string | null {
  if (!json) return null;
  const parsed = parseJson(body);
  if (parsed === undefined) return 'the body is not JSON';
  for (const [path, wanted] of Object.entries(json)) {
    const actual = valueAt(parsed, path);
    if (isDeepStrictEqual(actual, wanted)) continue;
    const instead = actual === undefined ? 'is missing' : `is ${shown(actual)}`;
    return `${path} ${instead} instead of ${shown(wanted)}`;
  }
  return null;
}

function unmetLatency({ maxLatency }: Expectation, { latencyMs }: Answered): string | null {
  if (maxLatency === undefined || latencyMs <= maxLatency * 1000) return null;
  return `answered in ${latencyMs} ms, more than ${maxLatency * 1000} ms`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value at `a.b.0`, an array's `length` included; undefined when there is none. */
function valueAt(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<string, unknown>)[key];
  }, root);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
