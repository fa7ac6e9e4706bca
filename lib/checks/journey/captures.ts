import { parseJson } from '../body-expectation.ts';
import type { WrittenStep } from '../journey.ts';
import { parsePath, valuesAt } from '../json-paths.ts';
import type { Cookies } from './cookies.ts';

type Capture = WrittenStep['capture'][string];

/** What captures look at. */
export interface Captured {
  headers: Headers;
  body: string;
  cookies: Cookies;
  /** Where cookies are looked for. */
  path: string;
}

/** A value out of an answer as text, or null where it is not there. */
export function captureFrom(capture: Capture, answer: Captured): string | null {
  if ('json' in capture) return fromJson(capture.json, answer.body);
  if ('header' in capture) return answer.headers.get(capture.header);
  if ('cookie' in capture) return answer.cookies.valueOf(capture.cookie, answer.path);
  const match = new RegExp(capture.regex).exec(answer.body);
  return match?.[1] ?? match?.[0] ?? null;
}

/** Where a capture looks, in words. */
export function placeOf(capture: Capture): string {
  if ('json' in capture) return `at ${capture.json} in the JSON`;
  if ('header' in capture) return `in the header ${capture.header}`;
  if ('cookie' in capture) return `in the cookie ${capture.cookie}`;
  return `that matches /${capture.regex}/`;
}

function fromJson(path: string, body: string): string | null {
  const value = valuesAt(parseJson(body), parsePath(path))[0]?.value;
  if (value === undefined || value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
