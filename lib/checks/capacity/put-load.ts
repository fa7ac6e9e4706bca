import type { Timers } from '../../release/clock.ts';
import { ask, causeOf, pause } from '../requests.ts';

/** Requests at a steady pace, one after the other whether or not the last one was answered. */
export interface Load {
  /** Without a slash at the end. */
  address: string;
  paths: readonly string[];
  headers: Readonly<Record<string, string>>;
  perSecond: number;
  seconds: number;
  /** It stops when so many are under way. */
  mostAtOnce: number;
  /** Statuses of 4xx that are no error, by path; every one is where this is absent. */
  usual?: Statuses | undefined;
}

/** Statuses by path. */
export type Statuses = ReadonlyMap<string, ReadonlySet<number>>;

/** What came of it. Latencies in milliseconds, null without any. */
export interface LoadResult {
  perSecond: number;
  sent: number;
  /** Answers of 4xx and 5xx, but for the usual ones of 4xx, and requests without an answer. */
  errors: number;
  /** Of those, some in words, with how often. */
  problems: Record<string, number>;
  p50Ms: number | null;
  p95Ms: number | null;
  /** Requests under way at the same time, at most. */
  mostAtOnce: number;
  /** Why it stopped before its time. */
  stopped: 'connections' | 'errors' | null;
}

/** What is under way gets so long after the last request; then it counts as unanswered. */
const graceSeconds = 2;
/** After so many answers, more errors than the rest put an end to it. */
const enoughAnswers = 20;
/** Different problems that are kept. */
const mostProblems = 5;

interface Tally {
  latencies: number[];
  sent: number;
  errors: number;
  problems: Map<string, number>;
  atOnce: number;
  mostAtOnce: number;
}

/**
 * Sends requests at an even pace and never faster: after a delay of this process it does not catch up.
 * Stops by itself when too many are under way or most of them fail, and when `abort` does.
 */
export async function putLoad(load: Load, timers: Timers, abort: AbortSignal): Promise<LoadResult> {
  const tally: Tally = {
    latencies: [],
    sent: 0,
    errors: 0,
    problems: new Map(),
    atOnce: 0,
    mostAtOnce: 0,
  };
  const late = new AbortController();
  const signal = AbortSignal.any([abort, late.signal]);
  const underWay = new Set<Promise<void>>();
  const gap = 1000 / load.perSecond;
  const endsAt = performance.now() + load.seconds * 1000;
  let stopped: LoadResult['stopped'] = null;
  for (let due = performance.now(); due < endsAt && !abort.aborted; ) {
    stopped = reasonToStop(tally, load);
    if (stopped) break;
    const request = send(load, tally, signal).finally(() => underWay.delete(request));
    underWay.add(request);
    due = Math.max(due + gap, performance.now());
    await pause(timers, Math.max(0, due - performance.now()) / 1000, abort);
  }
  const cancel = timers.after(graceSeconds * 1000, () => late.abort());
  await Promise.all(underWay);
  cancel();
  return resultOf(load, tally, stopped);
}

function reasonToStop(
  { atOnce, latencies, errors }: Tally,
  { mostAtOnce }: Load,
): LoadResult['stopped'] {
  if (atOnce >= mostAtOnce) return 'connections';
  return latencies.length >= enoughAnswers && errors > latencies.length / 2 ? 'errors' : null;
}

async function send(load: Load, tally: Tally, signal: AbortSignal): Promise<void> {
  const { address, paths, headers, usual } = load;
  const path = paths[tally.sent % paths.length] ?? '/';
  const url = `${address}${path}`;
  tally.sent += 1;
  tally.atOnce += 1;
  tally.mostAtOnce = Math.max(tally.mostAtOnce, tally.atOnce);
  const startedAt = performance.now();
  try {
    const { status } = await ask({ url, headers, signal });
    if (isFailure(status, usual?.get(path))) countProblem(tally, `status ${status}`);
  } catch (error) {
    countProblem(tally, signal.aborted ? 'no answer in time' : causeOf(error));
  } finally {
    tally.atOnce -= 1;
    tally.latencies.push(performance.now() - startedAt);
  }
}

/** Nobody knows how much a service bears that refuses what it is asked; 5xx and 429 are never usual. */
function isFailure(status: number, usual: ReadonlySet<number> | undefined): boolean {
  return status >= 400 && (status >= 500 || status === 429 || !usual?.has(status));
}

function countProblem(tally: Tally, problem: string): void {
  tally.errors += 1;
  const known = tally.problems.get(problem);
  if (known !== undefined || tally.problems.size < mostProblems)
    tally.problems.set(problem, (known ?? 0) + 1);
}

function resultOf(load: Load, tally: Tally, stopped: LoadResult['stopped']): LoadResult {
  return {
    perSecond: load.perSecond,
    sent: tally.sent,
    errors: tally.errors,
    problems: Object.fromEntries(tally.problems),
    p50Ms: percentile(tally.latencies, 0.5),
    p95Ms: percentile(tally.latencies, 0.95),
    mostAtOnce: tally.mostAtOnce,
    stopped,
  };
}

/** Rounded down to a value that there is, so that of few values the largest alone says nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.floor(share * (sorted.length - 1))];
  return found === undefined ? null : Math.round(found * 10) / 10;
}
