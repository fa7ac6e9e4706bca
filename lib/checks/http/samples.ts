import type { Timers } from '../../release/clock.ts';
import type { Door } from '../doors.ts';
import { ask, type CheckResponse, causeOf, isSafe, pause } from '../requests.ts';
import type { Expectation } from './expectation.ts';
import { medianOf, type SchemaJudge, unmet, unmetLatency } from './unmet.ts';

/** One attempt; `reason` is null when everything was as expected. */
export interface Attempt {
  status: number | null;
  latencyMs: number | null;
  reason: string | null;
  /** Whether an answer came at all. */
  isAnswered: boolean;
}

/** A request, what its answer must be like, and how often it is sent. */
export interface Target {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  expect: Expectation;
  judgeSchema: SchemaJudge;
  /** How many answers are looked at. */
  times: number;
  /**
   * Whether a wrong answer may be asked for again, as one that did not come always may: it may not where
   * the share of wrong answers is what is asked for.
   */
  isForgiving: boolean;
  /** Share of the answers that may be wrong. */
  tolerance: number;
  attempts: number;
  retryDelaySeconds: number;
}

/** What came of a target. */
export interface Outcome {
  target: Target;
  /** One list for each answer that was asked for: its attempts. */
  samples: Attempt[][];
  /** Beginning of the last body. */
  body: string;
  verdict: 'pass' | 'warn' | 'fail';
  /** What is wrong or flaky about it, to be read after its name; empty when it passed. */
  reason: string;
  /** Milliseconds: the answer in the middle of those that were right; null when there was none. */
  medianMs: number | null;
}

/** What every target of a check goes by. */
export interface Asking {
  door: Door;
  timers: Timers;
  abort: AbortSignal;
}

/** Asks as often as the target wants. Where nothing can change the verdict any more, it stops. */
export async function sample(target: Target, asking: Asking): Promise<Outcome> {
  const samples: Attempt[][] = [];
  let body = '';
  while (samples.length < target.times && !asking.abort.aborted) {
    const attempts = await sampleOnce(target, asking, (text) => {
      body = text;
    });
    samples.push(attempts);
    if (target.isForgiving && isDecided(target, samples)) break;
  }
  return { target, samples, body, ...judge(target, samples, asking.abort.aborted) };
}

/** A wrong answer decides it, and so does a majority that is fast enough, or too slow. */
function isDecided({ times, expect }: Target, samples: Attempt[][]): boolean {
  if (samples.some((attempts) => reasonOf(attempts) !== null)) return true;
  if (expect.maxLatency === undefined) return false;
  const slow = samples.filter((attempts) => {
    return unmetLatency(expect, [attempts.at(-1)?.latencyMs ?? 0]) !== null;
  });
  return Math.max(slow.length, samples.length - slow.length) > times / 2;
}

async function sampleOnce(
  target: Target,
  asking: Asking,
  keepBody: (body: string) => void,
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  while (attempts.length < target.attempts) {
    if (attempts.length > 0) await pause(asking.timers, target.retryDelaySeconds, asking.abort);
    if (asking.abort.aborted) break;
    const attempt = await attemptOnce(target, asking, keepBody);
    attempts.push(attempt);
    if (attempt.reason === null || (attempt.isAnswered && !target.isForgiving)) break;
  }
  return attempts;
}

async function attemptOnce(
  { method, path, headers, body, expect, judgeSchema }: Target,
  { door, abort: signal }: Asking,
  keepBody: (body: string) => void,
): Promise<Attempt> {
  try {
    const url = `${door.base}${path}`;
    const response = await ask({ url, method, headers, body, signal });
    keepBody(response.body);
    const reason = door.strangerIn(response.headers) ?? unmet(expect, response, judgeSchema);
    return attemptOf(response, reason);
  } catch (error) {
    const reason = `no answer: ${causeOf(error)}`;
    return { status: null, latencyMs: null, reason, isAnswered: false };
  }
}

function attemptOf({ status, latencyMs }: CheckResponse, reason: string | null): Attempt {
  return { status, latencyMs, reason, isAnswered: true };
}

type Judged = Pick<Outcome, 'verdict' | 'reason' | 'medianMs'>;

function judge(target: Target, samples: Attempt[][], isOutOfTime: boolean): Judged {
  const right = samples.filter((attempts) => reasonOf(attempts) === null);
  const latencies = right.map((attempts) => attempts.at(-1)?.latencyMs ?? 0);
  const medianMs = medianOf(latencies);
  const failed = (reason: string): Judged => ({ verdict: 'fail', reason, medianMs });
  const wrong = samples.filter((attempts) => reasonOf(attempts) !== null);
  if (isOutOfTime) return failed(outOfTime(target, samples));
  if (target.isForgiving && wrong.length > 0) return failed(afterAttempts(target, samples));
  const isTooMany = wrong.length > target.tolerance * samples.length;
  if (isTooMany) return failed(shareOf(wrong, samples));
  const slow = unmetLatency(target.expect, latencies);
  if (slow !== null) return failed(slow);
  const reason = wrong.length > 0 ? shareOf(wrong, samples) : flakiness(target, samples);
  return { verdict: reason === '' ? 'pass' : 'warn', reason, medianMs };
}

function outOfTime(target: Target, samples: Attempt[][]): string {
  const last = samples.at(-1);
  const reason = (last && reasonOf(last)) ?? 'there was no time to ask';
  const tries = `${last?.length ?? 0} of ${target.attempts} attempts`;
  if (target.times === 1) return `its time was up after ${tries}: ${reason}`;
  return `its time was up after ${samples.length} of ${target.times} answers: ${reason}`;
}

function afterAttempts({ attempts }: Target, samples: Attempt[][]): string {
  const last = samples.at(-1) ?? [];
  return `failed ${last.length} of ${attempts} attempts: ${reasonOf(last)}`;
}

function shareOf(wrong: Attempt[][], samples: Attempt[][]): string {
  const reason = reasonOf(wrong.at(-1) ?? []);
  return `answered wrongly ${wrong.length} of ${samples.length} times: ${reason}`;
}

/** Answers that came only when they were asked for again; empty where there were none. */
function flakiness({ attempts, times }: Target, samples: Attempt[][]): string {
  const again = samples.filter((tries) => tries.length > 1);
  if (again.length === 0) return '';
  if (times === 1) return `passed on attempt ${again[0]?.length} of ${attempts}`;
  return `${again.length} of ${samples.length} answers were right only when asked for again`;
}

/** Why one answer was wrong at last, or null; the words for no time where nothing was asked. */
function reasonOf(attempts: readonly Attempt[]): string | null {
  const last = attempts.at(-1);
  return last ? last.reason : 'there was no time to ask';
}

/** How many answers are looked at where nobody says: a single one tells little about how fast it is. */
export function usualTimes(method: string, { maxLatency }: Expectation): number {
  return maxLatency !== undefined && isSafe(method) ? 5 : 1;
}
