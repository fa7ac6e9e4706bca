import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../lib/release/errors.ts';
import { type Attempt, playUntilKill } from './attempt.ts';
import { startConductor } from './conductor-process.ts';
import { type Inspection, inspect } from './inspection.ts';
import { type LeftLedger, readLeftLedger } from './ledger-file.ts';
import type { KillPlan } from './plan.ts';
import { applyManifest, type Stage } from './stage.ts';
import { describeTimes, describeVisit, judgeVisit, type Verdict, type Visit } from './visit.ts';

/** What one kill came to. Times are milliseconds. */
export interface KillResult {
  plan: KillPlan;
  /** Where the release stood at the kill, by what the killed conductor left: a phase, `not on record`, `ended` or `idle`. */
  phase: string;
  /** Of the release after the restart; `none` without one. */
  outcome: string;
  /** From the start of the last conductor until its API answered. */
  restartMs: number | null;
  /** From the kill until everything was as it should be. */
  recoveredMs: number | null;
  requests: Record<Verdict, number>;
  problems: string[];
  /** What happened, for somebody who has to find out why. Empty without problems. */
  story: string[];
}

/** Kills the conductor once as planned, starts it again, and looks. Never throws. */
export async function killOnce(stage: Stage, plan: KillPlan): Promise<KillResult> {
  const result: KillResult = {
    plan,
    phase: 'unknown',
    outcome: 'unknown',
    restartMs: null,
    recoveredMs: null,
    requests: { answered: 0, cut: 0, own: 0, failed: 0 },
    problems: [],
    story: [],
  };
  try {
    await fill(result, stage, plan);
  } catch (error) {
    result.problems.push(messageOf(error));
  }
  if (result.problems.length > 0) result.story.push(...wordsOf(stage));
  return result;
}

async function fill(result: KillResult, stage: Stage, plan: KillPlan): Promise<void> {
  await applyManifest(stage, plan);
  const { attempt, over } = await playUntilKill(stage, plan, `${plan.version}-${plan.seed}`);
  const killedAt = performance.now();
  const left = await crash(stage, attempt, result);
  await over;
  result.phase = phaseOf(left, plan);
  result.restartMs = await restart(stage, attempt, result);
  const seen = await inspect(stage, attempt);
  result.recoveredMs = seen.settledAt - killedAt;
  result.outcome = seen.status?.outcome ?? 'none';
  result.problems.push(...seen.problems, ...judgeVisits(stage, attempt, result.requests));
  if (result.problems.length > 0) result.story.push(...storyOf(attempt, seen));
  stage.live = seen.live;
}

/** Kills the conductor and looks at its ledger while nobody runs. */
async function crash(stage: Stage, attempt: Attempt, result: KillResult): Promise<LeftLedger> {
  stage.visitors.outageBegins();
  await stage.conductor.kill();
  stage.visitors.conductorGone();
  const left = readLeftLedger(stage.dataDirectory, attempt.name);
  if (left.integrity !== 'ok') result.problems.push(`the ledger is damaged: ${left.integrity}`);
  return left;
}

/** Starts the conductor again, and once more if it is killed meanwhile. Resolves to how long it took. */
async function restart(stage: Stage, attempt: Attempt, result: KillResult): Promise<number> {
  if (attempt.plan.secondKillMs !== null) {
    stage.conductor = startConductor(stage.place);
    await sleep(attempt.plan.secondKillMs);
    await crash(stage, attempt, result);
  }
  const startedAt = performance.now();
  stage.conductor = startConductor(stage.place);
  stage.api = await stage.conductor.ready;
  return performance.now() - startedAt;
}

function phaseOf({ release }: LeftLedger, { aim }: KillPlan): string {
  if (aim === 'idle') return 'idle';
  return release?.phase ?? 'not on record';
}

/** Counts the visits since the last kill, and returns what users should not have seen. */
function judgeVisits(
  { visitors }: Stage,
  attempt: Attempt,
  counts: Record<Verdict, number>,
): string[] {
  const outages = visitors.outages();
  const wrong = new Map<string, Visit[]>();
  const blame = (what: string, visit: Visit) =>
    wrong.set(what, [...(wrong.get(what) ?? []), visit]);
  for (const visit of visitors.take()) {
    const verdict = judgeVisit(visit, outages, (version) => version.startsWith('v3'));
    counts[verdict] += 1;
    if (verdict === 'failed') blame(`failed: ${describeVisit(visit)}`, visit);
    else if (mayNotAnswer(visit, attempt)) blame(`were answered by ${visit.version}`, visit);
  }
  return [...wrong].map(
    ([what, visits]) => `${visits.length} requests ${what}; ${describeTimes(visits, outages)}`,
  );
}

/** Only what was live before may answer, and green once it is checked and approved (rule 3). */
export function mayNotAnswer({ version, endedAt }: Visit, attempt: Attempt): boolean {
  const { before, name, plan, approvedAt } = attempt;
  if (version === null || version === before.version) return false;
  if (version !== name || plan.version === 'v5') return true;
  return plan.needsApproval && (approvedAt === null || endedAt < approvedAt);
}

function storyOf({ known, before, name, approvedAt }: Attempt, { status }: Inspection): string[] {
  const seen = status?.events.map(({ at, type, summary }) => `${at} ${type}: ${summary}`) ?? [];
  const said = known ? `${known.releaseId} was ${known.outcome ?? known.phase}` : 'nothing';
  return [
    `live before: ${before.version} (${before.environmentId}); released: ${name}`,
    `last heard before the kill: ${said}; approved: ${approvedAt === null ? 'no' : 'yes'}`,
    ...seen,
  ];
}

function wordsOf({ conductor }: Stage): string[] {
  const lines = conductor.words().trim().split('\n').slice(-20);
  return lines[0] === '' ? [] : ['the last conductor said:', ...lines];
}
