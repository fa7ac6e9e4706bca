import type { JsonObject } from '../../release/json.ts';
import type { CheckVerdict } from '../check.ts';
import type { Door } from '../doors.ts';
import type { Attempt, Outcome, Target } from './samples.ts';

/** So much of a body is kept as evidence. */
const evidenceBytes = 512;
/** So many bodies and attempts are, where several paths were asked. */
const mostBodies = 5;
const mostAttempts = 20;

/** The verdict on all paths. `leftOut` are those that would have written while green has users. */
export function conclude(
  outcomes: Outcome[],
  { door, leftOut }: { door: Door; leftOut: Target[] },
): CheckVerdict {
  const [only] = outcomes;
  const evidence = only && outcomes.length === 1 ? evidenceOfOne(only, door) : evidenceOf(outcomes);
  const verdict = worstOf(outcomes);
  const notAsked = leftOut.map(nameOf);
  if (notAsked.length === 0) return { verdict, summary: summaryOf(outcomes, verdict), evidence };
  const why = `not asked, as green has users and they may write: ${notAsked.join(', ')}`;
  return {
    verdict: outcomes.length === 0 ? 'warn' : verdict,
    summary: outcomes.length === 0 ? why : `${summaryOf(outcomes, verdict)}; ${why}`,
    evidence: { ...evidence, notAsked },
  };
}

function worstOf(outcomes: Outcome[]): 'pass' | 'warn' | 'fail' {
  const has = (verdict: string) => outcomes.some((outcome) => outcome.verdict === verdict);
  return has('fail') ? 'fail' : has('warn') ? 'warn' : 'pass';
}

function summaryOf(outcomes: Outcome[], verdict: 'pass' | 'warn' | 'fail'): string {
  const [only] = outcomes;
  if (only && outcomes.length === 1) return summaryOfOne(only);
  const worst = outcomes.filter((outcome) => outcome.verdict === verdict);
  if (verdict === 'pass') return `${outcomes.length} paths answered as expected`;
  const are = worst.length === 1 ? 'is' : 'are';
  const what = verdict === 'fail' ? 'wrong' : 'flaky';
  const details = worst.map(({ target, reason }) => `${nameOf(target)} ${reason}`);
  return `${worst.length} of ${outcomes.length} paths ${are} ${what}: ${details.join('; ')}`;
}

function summaryOfOne({ target, samples, verdict, reason, medianMs }: Outcome): string {
  const what = nameOf(target);
  if (verdict === 'fail') return `${what} ${reason}`;
  const times = samples.length > 1 ? ` (median of ${samples.length})` : '';
  const answer = `${what} answered ${lastOf(samples)?.status} in ${medianMs} ms${times}`;
  return verdict === 'pass' ? answer : `${answer} (flaky: ${reason})`;
}

function evidenceOfOne(
  { target, samples, body, medianMs, reason }: Outcome,
  door: Door,
): JsonObject {
  const attempts = samples.flat();
  const last = attempts.at(-1);
  return {
    url: `${door.base}${target.path}`,
    method: target.method,
    status: last?.status ?? null,
    latencyMs: last?.latencyMs ?? null,
    ...(samples.length > 1 ? { answers: samples.length, medianMs, reason } : {}),
    attempts: attempts.slice(0, mostAttempts).map(shown),
    ...(attempts.length > mostAttempts ? { attemptsCut: attempts.length - mostAttempts } : {}),
    body: beginningOf(body),
  };
}

function evidenceOf(outcomes: Outcome[]): JsonObject {
  let bodies = 0;
  return {
    paths: outcomes.map(({ target, samples, verdict, reason, medianMs, body }) => ({
      method: target.method,
      path: target.path,
      verdict,
      ...(reason === '' ? {} : { reason: reason.slice(0, 300) }),
      status: lastOf(samples)?.status ?? null,
      answers: samples.length,
      medianMs,
      ...(verdict === 'fail' && ++bodies <= mostBodies ? { body: beginningOf(body) } : {}),
    })),
  };
}

function nameOf({ method, path }: Target): string {
  return `${method} ${path}`;
}

function lastOf(samples: Attempt[][]): Attempt | undefined {
  return samples.at(-1)?.at(-1);
}

function shown({ status, latencyMs, reason }: Attempt): JsonObject {
  return { status, latencyMs, reason };
}

function beginningOf(body: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(body).subarray(0, evidenceBytes));
}
