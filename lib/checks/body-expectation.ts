import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { cutBelow } from '../release/json.ts';
import { isPattern, type JsonPath, parsePath, pathText, valuesAt } from './json-paths.ts';

const pattern = z.string().refine(isExpression, 'is not a regular expression');

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
  /** Path to the value it must have; with `*` in it, that all of them must have. */
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
    const problem = unmetPath(parsed, parsePath(path), wanted);
    if (problem !== null) return problem;
  }
  return null;
}

function unmetPath(root: unknown, path: JsonPath, wanted: unknown): string | null {
  const found = valuesAt(root, path);
  if (found.length === 0)
    return isPattern(path)
      ? `there is nothing at ${pathText(path)}`
      : differs(pathText(path), undefined, wanted);
  const other = found.find(({ value }) => !isDeepStrictEqual(value, wanted));
  return other ? differs(pathText(other.path), other.value, wanted) : null;
}

/** What came in place of what was wanted, in words. */
export function differs(path: string, actual: unknown, wanted: unknown): string {
  const instead = actual === undefined ? 'is missing' : `is ${shown(actual)}`;
  return `${path} ${instead} instead of ${shown(wanted)}`;
}

/** Deeper JSON is none that anybody means, and whoever goes through it level by level may not come back. */
const mostLevels = 500;

/** The value of a JSON text, or undefined for any other text, and for one that is nested too deeply. */
export function parseJson(text: string): unknown {
  try {
    return isDeeper(text, mostLevels) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first value at a path such as `a.b.0`, an array's `length` included; undefined when there is none. */
export function valueAt(root: unknown, path: string): unknown {
  return valuesAt(root, parsePath(path))[0]?.value;
}

/** A value as JSON, as much of it as a line has room for: 80 characters, unless said otherwise. */
export function shown(value: unknown, longest = 80): string {
  const text = JSON.stringify(cutBelow(value, longest)) ?? String(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Whether brackets that are in no text are open in so many levels. */
function isDeeper(text: string, levels: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInText && character === '\\') at += 1;
    else if (character === '"') isInText = !isInText;
    else if (!isInText && (character === '[' || character === '{')) depth += 1;
    else if (!isInText && (character === ']' || character === '}')) depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}

function isExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
