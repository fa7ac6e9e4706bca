import type { Timers } from '../../release/clock.ts';
import { parseJson, unmetBody } from '../body-expectation.ts';
import type { Door } from '../doors.ts';
import { redirectTarget } from '../har.ts';
import { matchesGlob } from '../path-patterns.ts';
import { fillIn, fillInJson, type Values } from '../placeholders.ts';
import { askSteadily, type CheckResponse, causeOf } from '../requests.ts';
import { captureFrom, placeOf } from './captures.ts';
import { type Cookies, createCookies } from './cookies.ts';
import { requestOf, type Step } from './steps.ts';

/** What came of one step on one side. */
export interface Taken {
  status: number | null;
  latencyMs: number | null;
  /** Where it redirected to; null when it did not. */
  redirect: string | null;
  /** The body as JSON; undefined when it was none. */
  json: unknown;
  /** Why it went wrong; null when it did not. */
  problem: string | null;
  /** Whether no answer came at all. */
  isUnanswered: boolean;
  /** Whether the answer does not come from the side that was meant. */
  isStrange: boolean;
}

/** A journey on one side, as far as it went: after a step that went wrong, none is taken. */
export interface Travelled {
  taken: Taken[];
  /** How many times a connection had to be made again. */
  retries: number;
  /** Values that only this side was given, and that say nothing of it. */
  own: string[];
}

/** What a journey goes by on one side. */
export interface Travelling {
  door: Door;
  /** Where cookies belong. */
  host: string | undefined;
  headers: Record<string, string>;
  /** What placeholders stand for from the beginning. */
  values: Values & { environment: string; unique: string };
  timers: Timers;
  abort: AbortSignal;
}

/** Takes the steps one after the other, until one goes wrong or the time is up. */
export async function travel(steps: readonly Step[], travelling: Travelling): Promise<Travelled> {
  const { door, host } = travelling;
  const cookies = createCookies(host ?? new URL(door.base).hostname);
  const { environment, unique } = travelling.values;
  const values: Record<string, string> = { ...travelling.values };
  const own = [environment, unique];
  const travelled: Travelled = { taken: [], retries: 0, own };
  for (const step of steps) {
    const { taken, retries } = await takeStep(step, travelling, cookies, values);
    travelled.taken.push(taken);
    travelled.retries += retries;
    if (taken.problem !== null) break;
  }
  return travelled;
}

async function takeStep(
  step: Step,
  travelling: Travelling,
  cookies: Cookies,
  values: Record<string, string>,
): Promise<{ taken: Taken; retries: number }> {
  const { door, host, headers, timers, abort: signal } = travelling;
  const request = requestOf(step, values);
  if (signal.aborted)
    return { taken: unanswered('the time was up before it was taken'), retries: 0 };
  if (!request.path.startsWith('/'))
    return { taken: notTaken(`${request.path} is on another host`), retries: 0 };
  const cookie = cookies.headerFor(request.path);
  const sent = {
    ...request.headers,
    ...(cookie === '' ? {} : { cookie }),
    ...(host === undefined ? {} : { 'x-forwarded-host': host }),
    ...headers,
    ...door.headers,
  };
  const { method, body } = request;
  try {
    const url = `${door.base}${request.path}`;
    const answer = await askSteadily({ url, method, headers: sent, body, signal }, { timers });
    const taken = look(step, answer, { door, host, cookies, values, url, path: request.path });
    return { taken, retries: answer.problems.length };
  } catch (error) {
    return { taken: unanswered(`no answer: ${causeOf(error)}`), retries: 0 };
  }
}

interface Looking {
  door: Door;
  host: string | undefined;
  cookies: Cookies;
  values: Record<string, string>;
  url: string;
  path: string;
}

/** What is wrong with an answer, and what later steps need of it, which goes to the values. */
function look(step: Step, answer: CheckResponse, looking: Looking): Taken {
  const { door, host, cookies, values, url, path } = looking;
  const { status, latencyMs, headers, body } = answer;
  const refused = cookies.take(headers, path);
  const location = headers.get('location');
  const isRedirect = status >= 300 && status < 400 && location !== null;
  const redirect = isRedirect ? redirectTarget(location, url, host ? [host] : []) : null;
  if (redirect !== null) values.location = redirect;
  const stranger = door.strangerIn(headers);
  const problem =
    stranger ??
    unmet(filled(step.expect, values), answer, redirect) ??
    captureAll(step, { headers, body, cookies, path }, values);
  const because = problem !== null && refused.length > 0 ? ` (${refused.join('; ')})` : '';
  return {
    ...{ status, latencyMs, redirect, json: parseJson(body), isUnanswered: false },
    isStrange: stranger !== null,
    problem: problem === null ? null : `${problem}${because}`,
  };
}

function captureAll(
  { capture }: Step,
  answer: Parameters<typeof captureFrom>[1],
  values: Record<string, string>,
): string | null {
  for (const [name, place] of Object.entries(capture)) {
    const value = captureFrom(place, answer);
    if (value === null) return `there is nothing ${placeOf(place)} for {${name}}`;
    values[name] = value;
  }
  return null;
}

function unmet(
  expect: Step['expect'],
  { status, headers, body }: CheckResponse,
  redirect: string | null,
): string | null {
  return (
    unmetStatus(expect.status, status, redirect) ??
    unmetRedirect(expect.redirect, status, redirect) ??
    unmetHeaders(expect.headers ?? {}, headers) ??
    unmetBody(expect, body)
  );
}

function unmetStatus(
  wanted: Step['expect']['status'],
  status: number,
  redirect: string | null,
): string | null {
  const towards = redirect === null ? '' : `, a redirect to ${redirect}`;
  if (wanted === undefined) return status < 400 ? null : `status ${status}`;
  if ([wanted].flat().includes(status)) return null;
  return `status ${status}${towards} instead of ${[wanted].flat().join(' or ')}`;
}

function unmetRedirect(wanted: string | undefined, status: number, redirect: string | null) {
  if (wanted === undefined) return null;
  if (redirect === null) return `status ${status} and no redirect instead of one to ${wanted}`;
  return matchesGlob(wanted, redirect) ? null : `it redirects to ${redirect} instead of ${wanted}`;
}

/** An expectation with values in it, which are text in an expression, too. */
function filled({ bodyMatches, ...expect }: Step['expect'], values: Values): Step['expect'] {
  const plain = fillInJson(expect, values);
  if (bodyMatches === undefined) return plain;
  const texts = Object.entries(values).map(([name, value]) => [name, literally(value)]);
  return { ...plain, bodyMatches: fillIn(bodyMatches, Object.fromEntries(texts)) };
}

function literally(text: string): string {
  return text.replace(/[-/.*+?^${}()|[\]\\]/g, '\\$&');
}

function unmetHeaders(wanted: Record<string, string>, headers: Headers): string | null {
  const missed = Object.entries(wanted).find(([name, part]) => !headers.get(name)?.includes(part));
  if (!missed) return null;
  const [name, part] = missed;
  const actual = headers.get(name);
  return `header ${name} ${actual === null ? 'is missing' : `is "${actual}"`}, without "${part}"`;
}

function unanswered(problem: string): Taken {
  return { ...notTaken(problem), isUnanswered: true };
}

function notTaken(problem: string): Taken {
  const nothing = { status: null, latencyMs: null, redirect: null, json: undefined };
  return { ...nothing, problem, isUnanswered: false, isStrange: false };
}
