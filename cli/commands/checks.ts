import type { Artifact, CheckRun, ListedCheck } from '../../lib/http/api.ts';
import { CommandError, toCommandError, usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { printableLine } from '../printable.ts';
import type { Session } from '../session.ts';
import { resolveArtifact } from './releases.ts';

/** So many are asked at once: they put work on what is live. */
const atOnce = 4;
/** How often one that is pending is asked again before it counts as failed. */
const mostLooks = 120;

/** Milliseconds after which the conductor is asked again when it had no time for a check. */
const waitsMs = [1000, 2000, 4000];

const marks = {
  pass: '✔',
  warn: '•',
  fail: '✖',
  pending: '✖',
  skipped: '-',
} as const satisfies Record<CheckRun['verdict'], string>;

/** What `check` and `preflight` may be told. */
export interface CheckOptions {
  only?: string[];
  evidence?: boolean;
}

/** Runs a service's checks on the release that runs, or on what is live. Exit code 1 if a critical one fails. */
export async function check(
  session: Session,
  service: string,
  options: CheckOptions,
): Promise<number> {
  return runAll(session, service, options, { preflight: false });
}

/** The same as far as it can be told before anything is provisioned. */
export async function preflight(
  session: Session,
  service: string,
  { artifact, version, digest, ...options }: CheckOptions & Partial<Record<keyof Named, string>>,
): Promise<number> {
  const named = await toArtifact({ artifact, version, digest }, session.io.cwd);
  return runAll(session, service, options, {
    preflight: true,
    ...(named ? { artifact: named } : {}),
  });
}

interface Named {
  artifact: string | undefined;
  version: string | undefined;
  digest: string | undefined;
}

/** @throws CommandError (usage) */
async function toArtifact(
  { artifact, version, digest }: Named,
  cwd: string,
): Promise<Artifact | null> {
  if (artifact === undefined && version === undefined && digest === undefined) return null;
  if (artifact !== undefined && version !== undefined)
    return {
      uri: await resolveArtifact(artifact, cwd),
      version,
      ...(digest === undefined ? {} : { digest }),
    };
  throw usageError('--artifact and --version go together, and --digest with both');
}

type Ask = { preflight: boolean; artifact?: Artifact };

async function runAll(
  session: Session,
  service: string,
  { only, evidence }: CheckOptions,
  ask: Ask,
): Promise<number> {
  const { checks } = await session.api.checks(service);
  const wanted = chosen(checks, only, service);
  const runs = await inTurns(wanted, (it) => runOne(session, service, it, ask));
  const isGood = runs.every(({ verdict, isCritical }) => !isCritical || !isFailed(verdict));
  const lines = runs.flatMap((run) => linesOf(run, evidence ?? false));
  session.show({ service, passed: isGood, checks: runs }, [
    ...heading(service, runs),
    ...lines,
    summaryOf(runs),
  ]);
  return isGood ? exitCodes.done : exitCodes.failed;
}

/** @throws CommandError (usage) for a name that the manifest has not. */
function chosen(
  checks: readonly ListedCheck[],
  only: readonly string[] | undefined,
  service: string,
): ListedCheck[] {
  const unknown = only?.find((name) => !checks.some((it) => it.name === name));
  if (unknown === undefined) return checks.filter(({ name }) => only?.includes(name) ?? true);
  const names = checks.map(({ name }) => name).join(', ') || 'none';
  throw usageError(`--only: ${service} has no check "${unknown}"; it has: ${names}`);
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      results[next[0]] = await work(next[1]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** One that the conductor could not run has failed; the others are looked at all the same. */
async function runOne(
  session: Session,
  service: string,
  listed: ListedCheck,
  ask: Ask,
): Promise<CheckRun> {
  const { io } = session;
  try {
    const request = { check: listed.name, ...ask };
    let run = await askPatiently(session, service, request);
    const since = io.now();
    for (let looks = 1; run.retryAfterSeconds !== null && looks < mostLooks; looks += 1) {
      await io.sleep(Math.max(0.1, run.retryAfterSeconds) * 1000);
      const waitedSeconds = Math.min(3600, Math.floor((io.now() - since) / 1000));
      run = await askPatiently(session, service, { ...request, waitedSeconds });
    }
    return run;
  } catch (error) {
    const { message } = toCommandError(error);
    return notRun(service, listed, ask, message);
  }
}

/** A conductor that says that it has no time just now says nothing of the check. */
async function askPatiently(
  { api, io }: Session,
  service: string,
  request: Parameters<Session['api']['runCheck']>[1],
): Promise<CheckRun> {
  for (const waitMs of waitsMs) {
    try {
      return await api.runCheck(service, request);
    } catch (error) {
      if (!isAboutPatience(error)) throw error;
      await io.sleep(waitMs);
    }
  }
  return api.runCheck(service, request);
}

/** Where no answer came at all, the check may have begun. */
function isAboutPatience(error: unknown): boolean {
  return (
    error instanceof CommandError &&
    error.facts.isRetryable === true &&
    error.facts.code !== undefined
  );
}

function notRun(
  service: string,
  { name, kind, isCritical }: ListedCheck,
  { preflight: isPreflight }: Ask,
  reason: string,
): CheckRun {
  return {
    ...{ service, check: name, kind, isCritical, isPreflight },
    ...{ verdict: 'fail', summary: `it could not be run: ${reason}`, evidence: {} },
    ...{ retryAfterSeconds: null, releaseId: null, blue: null, green: null, tookMs: 0 },
  };
}

function isFailed(verdict: CheckRun['verdict']): boolean {
  return verdict === 'fail' || verdict === 'pending';
}

function heading(service: string, runs: readonly CheckRun[]): string[] {
  const seen = runs.find(({ green, blue }) => green ?? blue);
  if (!seen) return [];
  const { green, blue, isPreflight } = seen;
  if (isPreflight) return [`${service}: before anything is provisioned; ${blue?.id} is live`];
  const against = blue ? `against ${blue.id}` : 'nothing to compare with';
  return [`${service}: ${green?.id}, ${against}`];
}

function linesOf(
  { check: name, verdict, isCritical, summary, evidence }: CheckRun,
  isFull: boolean,
) {
  const weight = verdict === 'fail' && !isCritical ? ' (not critical)' : '';
  const line = `${marks[verdict]} ${name}: ${printableLine(summary)}${weight}`;
  if (!isFull) return [line];
  return [
    line,
    ...JSON.stringify(evidence, null, 2)
      .split('\n')
      .map((it) => `    ${printableLine(it)}`),
  ];
}

function summaryOf(runs: readonly CheckRun[]): string {
  const words: Record<CheckRun['verdict'], string> = {
    pass: 'passed',
    warn: 'warned',
    fail: 'failed',
    pending: 'still pending',
    skipped: 'skipped',
  };
  const counts = Object.entries(words).flatMap(([verdict, word]) => {
    const count = runs.filter((run) => run.verdict === verdict).length;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return counts.length > 0 ? counts.join(', ') : 'no checks are asked for';
}
