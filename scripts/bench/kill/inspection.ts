import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome, ReleaseStatus } from '../../../lib/http/api.ts';
import { messageOf } from '../../../lib/release/errors.ts';
import type { Attempt } from './attempt.ts';
import { compareProcesses, findProcesses, readEnvironments } from './processes.ts';
import { type Live, type Stage, service } from './stage.ts';

/** What a conductor that was started again has made of a release that was cut short. */
export interface Inspection {
  /** What is still not as it should be when time was up; empty when all is well. */
  problems: string[];
  /** Null when the release is not on record. */
  status: ReleaseStatus | null;
  /** What gets all traffic now, if all is well. */
  live: Live;
  /** Since when all is well. Milliseconds of `performance.now()`. */
  settledAt: number;
}

const lookMs = 50;
/** A conductor may take so long to put everything right. */
const limitMs = 30_000;
/** So many users are asked whom they were answered by. */
const askedUsers = 5;

/** Looks until everything is as it should be, or time is up. */
export async function inspect(stage: Stage, attempt: Attempt): Promise<Inspection> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = await look(stage, attempt);
    const isLate = performance.now() > deadline;
    if (seen.problems.length === 0) return askUsers(stage, seen, deadline);
    if (isLate) return seen;
    await sleep(lookMs);
  }
}

async function look(stage: Stage, attempt: Attempt): Promise<Inspection> {
  try {
    return await lookOnce(stage, attempt);
  } catch (error) {
    const problems = [`the conductor cannot be asked: ${messageOf(error)}`];
    return { problems, status: attempt.known, live: attempt.before, settledAt: performance.now() };
  }
}

async function lookOnce(stage: Stage, attempt: Attempt): Promise<Inspection> {
  const { releases } = await stage.api.releases({ service, limit: '50' });
  const open = releases.filter(({ outcome }) => outcome === null);
  const found = releases.find(({ version }) => version === attempt.name);
  const status = found ? await stage.api.release(found.releaseId) : null;
  const live = liveAfter(attempt, status);
  const problems = [
    ...open.map(({ releaseId, phase }) => `${releaseId} has no outcome: it is ${phase}`),
    ...judgeRecord(attempt, status),
    ...(await judgeService(stage, live)),
    ...(await judgeEnvironments(stage, live)),
  ];
  return { problems, status, live, settledAt: performance.now() };
}

/** Green if the release completed, else what was live before it. */
function liveAfter({ name, before }: Attempt, status: ReleaseStatus | null): Live {
  if (status?.outcome !== 'completed' || !status.green) return before;
  return { version: name, environmentId: status.green.id };
}

const possible: readonly (Outcome | null)[] = ['completed', 'rolled-back', 'discarded', 'refused'];

/** What the ledger says of the release, against what the conductor said before it was killed. */
export function judgeRecord(attempt: Attempt, status: ReleaseStatus | null): string[] {
  const { known, plan, isUndone } = attempt;
  if (!status) return known ? [`${known.releaseId} was accepted and is not on record`] : [];
  const { releaseId, outcome, reason, events } = status;
  const problems: string[] = [];
  if (outcome !== null && !possible.includes(outcome))
    problems.push(`${releaseId} ended as ${outcome}: ${reason}`);
  if (outcome === 'completed' && plan.version !== 'v2')
    problems.push(`${releaseId} completed, though ${plan.version} is a bad version`);
  if (known?.outcome && known.outcome !== outcome && !isUndone)
    problems.push(`${releaseId} was ${known.outcome} and is ${outcome} after the kill`);
  const ids = new Set(events.map(({ id }) => id));
  const lost = (known?.events ?? []).filter(({ id }) => !ids.has(id));
  return [...problems, ...lost.map(({ id }) => `the event ${id} is lost`)];
}

/** What `doctor` shows, and where the proxy says that traffic goes. */
async function judgeService({ api }: Stage, live: Live): Promise<string[]> {
  const { findings, sides } = await api.diagnosis(service);
  const { weights, live: routed } = sides.route;
  const entries = Object.entries(weights ?? {}).filter(([, percent]) => percent > 0);
  const [only, ...others] = entries;
  const isRight = only?.[0] === live.environmentId && only[1] === 100 && others.length === 0;
  const states = routed.map(({ environmentId, state }) => `${environmentId} is ${state}`);
  return [
    ...findings.map(({ kind, subject, detail }) => `doctor: ${kind}: ${subject} ${detail}`),
    ...(isRight ? [] : [`traffic is on ${JSON.stringify(weights)}, not on ${live.environmentId}`]),
    ...(routed.every(({ state }) => state === 'ready') ? [] : states),
  ];
}

/** Processes, records, and the health of the live one. */
async function judgeEnvironments({ place, dataDirectory }: Stage, live: Live): Promise<string[]> {
  const records = readEnvironments(dataDirectory);
  const processes = findProcesses(place.directory);
  const port = records.find(({ id }) => id === live.environmentId)?.port;
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
  const body = (await answer?.json().catch(() => null)) as { version?: string } | null;
  const isHealthy = answer?.status === 200 && body?.version === live.version;
  return [
    ...compareProcesses(processes, records),
    ...(isHealthy ? [] : [`${live.environmentId} is live and not healthy on port ${port}`]),
  ];
}

/** The route says where traffic goes; the answers show it. */
async function askUsers(stage: Stage, seen: Inspection, deadline: number): Promise<Inspection> {
  for (;;) {
    const answers = stage.visitors.answeredSince(seen.settledAt);
    const isLate = performance.now() > deadline;
    if (answers.length < askedUsers && !isLate) {
      await sleep(lookMs);
      continue;
    }
    const wrong = answers.filter(({ version }) => version !== seen.live.version);
    const problems = wrong.map(({ version }) => `users got ${version}, not ${seen.live.version}`);
    if (isLate) problems.push(`only ${answers.length} users were answered`);
    return { ...seen, problems };
  }
}
