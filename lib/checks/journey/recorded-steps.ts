import { parseJson } from '../body-expectation.ts';
import type { Recorded } from '../har.ts';
import { type JsonPath, pathText } from '../json-paths.ts';
import type { Step } from './steps.ts';

/** Shorter texts and numbers come up by chance. */
const shortestText = 8;
const smallestNumber = 1000;
/** So many values of one answer are looked for in later requests. */
const mostValues = 1000;

/** A value that an answer of the recording had, which a later request may have sent back. */
interface Answered {
  text: string;
  path: JsonPath;
  /** Which step's answer it was. */
  at: number;
}

/**
 * The steps of a recording. What an answer had given and a later request sent back, such as a token or
 * the number of an order, is captured anew; a redirect that was followed leads where it leads now; and a
 * recorded Authorization header is left out unless it held such a value, for it would be an old one.
 */
export function recordedSteps(recorded: readonly Recorded[]): Step[] {
  const given = recorded.flatMap((one, at) => valuesOf(one, at));
  const fresh = given.filter((value) => !isSentBefore(value, recorded));
  const steps = recorded.map((one) => toStep(one));
  for (const [i, step] of steps.entries()) {
    const usable = fresh.filter(({ at }) => at < i);
    steps[i] = withoutOldCredentials(followed(usable.reduce(replaced(steps), step), recorded, i));
  }
  return steps;
}

function toStep({ method, path, headers, body, status }: Recorded): Step {
  const name = `${method} ${path.split('?')[0]}`;
  const content = body === undefined ? null : { text: body };
  return { name, method, path, headers, content, expect: { status }, capture: {} };
}

function valuesOf({ answer }: Recorded, at: number): Answered[] {
  const leaves = leavesOf(answer === null ? undefined : parseJson(answer), []);
  return leaves.slice(0, mostValues).map(({ path, value }) => ({ text: String(value), path, at }));
}

function leavesOf(value: unknown, path: JsonPath): { path: JsonPath; value: unknown }[] {
  if (typeof value === 'string') return value.length >= shortestText ? [{ path, value }] : [];
  if (typeof value === 'number') return value >= smallestNumber ? [{ path, value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => leavesOf(part, [...path, name]));
}

/** What the client has sent first is the client's. */
function isSentBefore({ text, at }: Answered, recorded: readonly Recorded[]): boolean {
  return recorded.slice(0, at + 1).some(({ path, headers, body }) => {
    return [path, body ?? '', ...Object.values(headers)].some((sent) => sent.includes(text));
  });
}

/** Puts a placeholder where a step sends a value back, and lets the earlier step capture it. */
function replaced(steps: Step[]): (step: Step, value: Answered) => Step {
  return (step, { text, path, at }) => {
    const source = steps[at];
    if (!source || !sends(step, text)) return step;
    const place = pathText(path);
    const name = `step${at + 1}value${Object.keys(source.capture).length + 1}`;
    const known = Object.entries(source.capture).find(
      ([, it]) => 'json' in it && it.json === place,
    );
    const placeholder = known?.[0] ?? name;
    source.capture = { ...source.capture, [placeholder]: { json: place } };
    return withText(step, (sent) => sent.replaceAll(text, `{${placeholder}}`));
  };
}

function textsOf({ path, headers, content }: Step): string[] {
  const body = content && 'text' in content ? [content.text] : [];
  return [path, ...body, ...Object.values(headers)];
}

function sends(step: Step, text: string): boolean {
  return textsOf(step).some((sent) => sent.includes(text));
}

function withText(step: Step, change: (text: string) => string): Step {
  const { content, headers } = step;
  const named = Object.entries(headers).map(([name, value]) => [name, change(value)]);
  return {
    ...step,
    path: change(step.path),
    headers: Object.fromEntries(named),
    content: content && 'text' in content ? { text: change(content.text) } : content,
  };
}

function followed(step: Step, recorded: readonly Recorded[], i: number): Step {
  const isFollowing =
    recorded[i - 1]?.location === recorded[i]?.path && recorded[i]?.method === 'GET';
  return isFollowing ? { ...step, path: '{location}' } : step;
}

function withoutOldCredentials(step: Step): Step {
  const { authorization, ...headers } = step.headers;
  return authorization === undefined || authorization.includes('{') ? step : { ...step, headers };
}
