import { VerdigrisError } from '../../release/errors.ts';
import { parseJson } from '../body-expectation.ts';
import type { Recorded } from '../har.ts';
import { type JsonPath, pathText } from '../json-paths.ts';
import type { Step } from './steps.ts';

/** Shorter texts and numbers come up by chance. */
const shortestText = 8;
const smallestNumber = 1000;
/** So many values of one answer are looked for in later requests. */
const mostValues = 1000;
/** And so many of all answers. */
const mostOfAll = 2000;
/** More requests are no journey that is taken. */
const mostRequests = 200;
/** So long may all that they send be, in characters. */
const mostSent = 256 * 1024;
/** In answers after so many characters, nothing is looked for. */
const mostAnswered = 1024 * 1024;

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
 * @throws ConfigInvalidError when it is longer than a journey may be.
 */
export function recordedSteps(recorded: readonly Recorded[]): Step[] {
  refuseTooLong(recorded);
  const steps = recorded.map((one) => toStep(one));
  const usable = sentBack(givenIn(recorded), steps);
  const replace = replaced(steps);
  for (const [i, step] of steps.entries()) {
    const changed = (usable.get(i) ?? []).reduce(replace, step);
    steps[i] = withoutOldCredentials(followed(changed, recorded, i));
  }
  return steps;
}

function toStep({ method, path, headers, body, status }: Recorded): Step {
  const name = `${method} ${path.split('?')[0]}`;
  const content = body === undefined ? null : { text: body };
  return { name, method, path, headers, content, expect: { status }, capture: {} };
}

function refuseTooLong(recorded: readonly Recorded[]): void {
  const texts = recorded.flatMap((one) => textsOf(toStep(one)));
  const sent = texts.reduce((sum, text) => sum + text.length, 0);
  if (recorded.length <= mostRequests && sent <= mostSent) return;
  throw new VerdigrisError(
    'ConfigInvalidError',
    `the recording has ${recorded.length} requests of ${sent} characters; a journey has at most ` +
      `${mostRequests} of ${mostSent}`,
  );
}

/** What answers gave, as far as it is looked at. */
function givenIn(recorded: readonly Recorded[]): Answered[] {
  const given: Answered[] = [];
  let characters = 0;
  for (const [at, one] of recorded.entries()) {
    characters += one.answer?.length ?? 0;
    if (characters > mostAnswered || given.length >= mostOfAll) break;
    given.push(...valuesOf(one, at));
  }
  return given.slice(0, mostOfAll);
}

/**
 * For each step the values that it sends and an answer before it gave. What the client has sent first is
 * the client's.
 */
function sentBack(given: readonly Answered[], steps: readonly Step[]): Map<number, Answered[]> {
  const senders = new Map<string, number[]>();
  const sent = steps.map(textsOf);
  const usable = new Map<number, Answered[]>();
  for (const value of given) {
    const known = senders.get(value.text);
    const sentBy = known ?? sendersOf(value.text, sent);
    senders.set(value.text, sentBy);
    const [first] = sentBy;
    if (first === undefined || first <= value.at) continue;
    for (const i of sentBy) {
      const values = usable.get(i) ?? [];
      values.push(value);
      usable.set(i, values);
    }
  }
  return usable;
}

function sendersOf(text: string, sent: readonly string[][]): number[] {
  return [...sent.keys()].filter((i) => sent[i]?.some((one) => one.includes(text)));
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

/** Puts a placeholder where a step sends a value back, and lets the earlier step capture it. */
function replaced(steps: Step[]): (step: Step, value: Answered) => Step {
  /** Names of what is captured already, by step and place. */
  const names = new Map<string, string>();
  return (step, { text, path, at }) => {
    const source = steps[at];
    if (!source || !sends(step, text)) return step;
    const place = pathText(path);
    const key = `${at} ${place}`;
    const name = names.get(key) ?? `step${at + 1}value${Object.keys(source.capture).length + 1}`;
    if (!names.has(key)) source.capture[name] = { json: place };
    names.set(key, name);
    return withText(step, (sent) => sent.replaceAll(text, `{${name}}`));
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
