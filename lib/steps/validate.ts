import type { CheckVerdict } from '../checks/check.ts';
import { epochMs } from '../release/clock.ts';
import {
  type CheckEffects,
  type CheckResult,
  done,
  pending,
  type ReleaseDocument,
} from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { CheckConfig } from '../release/manifest.ts';
import { verificationOf } from '../release/verification.ts';
import { clip, throwIfOver } from './breach.ts';
import { greenOf, inPhase, planOf } from './document.ts';
import { keptChecks } from './kept-checks.ts';
import type { Ports, StepCall } from './ports.ts';
import { type Happening, record } from './record.ts';
import { type CheckSubject, runCheck } from './run-check.ts';
import { patiently, type Step } from './step.ts';

/** Checks run side by side, this many at once. */
const concurrency = 8;
/** Left for what follows the checks within the same call. */
const reserveMs = 5_000;
/** A line fit for a chat message. */
const longestSummary = 500;
/** A check may stay pending this long. */
const pendingLimitMs = 3_600_000;

/**
 * Runs every check that has no verdict yet. A check that crashes or hangs fails alone.
 * @throws CheckFailedError naming the critical checks that failed (rule 3).
 */
export const validate: Step = patiently(async (document, ports, call) => {
  await throwIfOver(document, ports);
  const plan = planOf(document);
  const known = await knownResults(document, plan.checks, ports);
  const settled = new Set(known.map((check) => check.name));
  const open = plan.checks.filter((check) => !settled.has(check.name));
  const answers = await runChecks(open, document, ports, call);
  const results = answers.flatMap((answer) => ('verdict' in answer ? [answer] : []));
  const checks = keptChecks([...known, ...results]);
  const waiting = answers.flatMap((answer) =>
    'waitSeconds' in answer ? [answer.waitSeconds] : [],
  );
  const now = { ...document, checks };
  // What failed has failed, whatever else went wrong beside it.
  throwIfCriticalFailed(checks);
  const [lost] = answers.flatMap((answer) => ('problem' in answer ? [answer] : []));
  if (lost) throw lost.problem;
  if (waiting.length > 0) {
    const next = { ...now, step: pending(Math.min(...waiting)) };
    await ports.ledger.saveDocument(next);
    return next;
  }
  const reasons = checks.flatMap(({ effects }) => effects?.holdOnBreach ?? []);
  const verification = verificationOf(checks, plan.checks.length);
  await record(now, ports, {
    key: 'validated',
    type: 'Validated',
    summary: clip(
      [summarize(checks), ...reasons.map((it) => `a breach will hold: ${it}`)].join('; '),
      longestSummary,
    ),
    data: {
      checks: checks.map(({ name, verdict }) => ({ name, verdict })),
      passRate: verification.passRate,
      observabilityCoverage: verification.observabilityCoverage,
      holdOnBreach: reasons,
    },
  });
  const phase = plan.approval.isRequired ? 'awaiting-approval' : 'cutting-over';
  const onBreach = reasons.length > 0 ? 'hold' : plan.onBreach;
  const next = inPhase({ ...now, plan: { ...plan, onBreach }, step: done }, phase, ports);
  await ports.ledger.saveDocument(next);
  return next;
});

/** `problem` is why a verdict could not be written down. */
type Settled = CheckResult | (CheckResult & { problem: unknown }) | { waitSeconds: number };

/** Verdicts of this release: the document's, and those of a call whose answer was lost. */
async function knownResults(
  document: ReleaseDocument,
  asked: CheckConfig[],
  ports: Ports,
): Promise<CheckResult[]> {
  const known = new Set(document.checks.map((check) => check.name));
  const missing = asked.filter((check) => !known.has(check.name));
  if (missing.length === 0) return document.checks;
  const events = await ports.ledger.listEvents(document.releaseId);
  const recorded = missing.flatMap(({ name, isCritical }) => {
    const event = events.find((it) => it.type === 'Check Finished' && it.data.name === name);
    if (!event) return [];
    const verdict = event.data.verdict as CheckResult['verdict'];
    const summary = event.summary.slice(`${name}: ${verdict}, `.length);
    const effects = event.data.effects as CheckEffects | undefined;
    return [resultOf({ name, isCritical }, { verdict, summary, effects })];
  });
  return [...document.checks, ...recorded];
}

/** A check that this call has no time left for is left to the next one. */
async function runChecks(
  checks: CheckConfig[],
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
): Promise<Settled[]> {
  const queue = [...checks];
  const settled: Settled[] = [];
  const worker = async () => {
    for (let check = queue.shift(); check; check = queue.shift()) {
      const hasTime = call.remainingMs() > check.timeoutSeconds * 1000 + reserveMs;
      settled.push(hasTime ? await settle(check, document, ports) : { waitSeconds: 0.1 });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, checks.length) }, worker));
  return settled;
}

async function settle(
  check: CheckConfig,
  document: ReleaseDocument,
  ports: Ports,
): Promise<Settled> {
  const answer = (await runCheck(check, subjectOf(document, ports), ports)) ?? nothing;
  if (answer.verdict === 'pending' && isEarly(document, ports))
    return { waitSeconds: answer.retryAfterSeconds };
  const settled = answer.verdict === 'pending' ? overdue(answer) : answer;
  const { verdict, summary, evidence, effects } = settled;
  const { name, isCritical } = check;
  const problem = await recordVerdict(document, ports, {
    key: `check-${name}`,
    type: 'Check Finished',
    summary: `${name}: ${verdict}, ${summary}`,
    data: { name, verdict, isCritical, evidence, ...(effects ? { effects: { ...effects } } : {}) },
  });
  const result = resultOf(check, settled);
  return problem === undefined ? result : { ...result, problem };
}

/** Only a check that is asked before there is a green may have nothing to say. */
const nothing: CheckVerdict = { verdict: 'fail', summary: 'it gave no answer', evidence: {} };

function subjectOf(document: ReleaseDocument, ports: Ports): CheckSubject {
  const { service, releaseId, artifact, blue } = document;
  const plan = planOf(document);
  const green = greenOf(document);
  const waitedSeconds = waitedMs(document, ports) / 1000;
  return { service, releaseId, artifact, plan, blue, green, isLive: false, waitedSeconds };
}

function isEarly(document: ReleaseDocument, ports: Ports): boolean {
  return waitedMs(document, ports) < pendingLimitMs;
}

function waitedMs({ phaseSince }: ReleaseDocument, { clock }: Ports): number {
  return Math.max(0, clock.now() - epochMs(phaseSince));
}

function overdue({ summary }: { summary: string }): CheckVerdict {
  return { verdict: 'fail', summary: `still pending after an hour: ${summary}`, evidence: {} };
}

function resultOf(
  { name, isCritical }: Pick<CheckConfig, 'name' | 'isCritical'>,
  answer: Pick<CheckVerdict, 'verdict' | 'summary'> & { effects?: CheckEffects | undefined },
): CheckResult {
  const { verdict, summary, effects } = answer;
  return { name, verdict, isCritical, summary, ...(effects && { effects }) };
}

/** Why a verdict could not be written down; undefined when it was. */
async function recordVerdict(
  document: ReleaseDocument,
  ports: Ports,
  what: Happening,
): Promise<unknown> {
  try {
    await record(document, ports, what);
    return undefined;
  } catch (error) {
    return error;
  }
}

function throwIfCriticalFailed(checks: CheckResult[]): void {
  const failures = checks.filter((check) => check.isCritical && check.verdict === 'fail');
  if (failures.length === 0) return;
  const list = failures.map((check) => `${check.name}: ${check.summary}`).join('; ');
  throw new VerdigrisError('CheckFailedError', `critical check failed: ${list}`);
}

function summarize(checks: CheckResult[]): string {
  if (checks.length === 0) return 'no checks are asked for';
  const count = (verdict: string) => checks.filter((check) => check.verdict === verdict).length;
  const others = ['warn', 'fail'].filter(count).map((verdict) => `${count(verdict)} ${verdict}`);
  return [`${count('pass')} of ${checks.length} checks passed`, ...others].join(', ');
}
