import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const pattern = z.string().refine(isPattern, 'is not a regular expression');

/** What a body can be asked for, as the manifest's `expect` has it in more than one kind of check. */
export const bodyExpectation = {
  bodyIncludes: z.string().min(1).optional(),
  bodyMatches: pattern.optional(),
  json: z.record(z.string().min(1), z.json()).optional(),
};

/** The same, read. */
export interface BodyExpectation {
  bodyIncludes?: string | undefined;
  bodyMatches?: string | undefined;
  /** Dotted path to the value it must have. */
  json?: Record<string, unknown> | undefined;
}

/** The first expectation that a body does not meet, with what came instead; null when all do. */
export function unmetBody(expect: BodyExpectation, body: string): string | null {
  return unmetText(expect, body) ?? unmetJson(expect, body);
}

function unmetText({ bodyIncludes, bodyMatches }: BodyExpectation, body: string): string | null {
  if (bodyIncludes !== undefined && !body.includes(bodyIncludes))
    return `the body does not include "${bodyIncludes}"`;
  if (bodyMatches !== undefined && !new RegExp(bodyMatches).test(body))
    return `the body does not match /${bodyMatches}/`;
  return null;
}

function unmetJson({ json }: BodyExpectation, body: string): string | null {
  if (!json) return null;
  const parsed = parseJson(body);
  if (parsed === undefined) return 'the body is not JSON';
  for (const [path, wanted] of Object.entries(json)) {
    const actual = valueAt(parsed, path);
    if (!isDeepStrictEqual(actual, wanted)) return differs(path, actual, wanted);
  }
  return null;
}

/** What came in place of what was wanted, in words. */
export function differs(path: string, actual: unknown, wanted: unknown): string {
  const instead = actual === undefined ? 'is missing' : `is ${shown(actual)}`;
  return `${path} ${instead} instead of ${shown(wanted)}`;
}

/** The value of a JSON text, or undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value at `a.b.0`, an array's `length` included; undefined when there is none. */
export function valueAt(root: unknown, path: string): unknown {
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
