import type { CheckAnswer } from '../../checks/check.ts';
import type { CheckRequest, CheckRun } from '../../release/check-run.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { CheckConfig } from '../../release/manifest.ts';
import { nearestName } from '../../release/nearest.ts';
import { planRelease } from '../../release/plan.ts';
import type { Ports, StepCall } from '../ports.ts';
import { type CheckSubject, runCheck } from '../run-check.ts';
import { manifestOf } from './manifests.ts';
import { findPair, preflightPair } from './run-service-check/pair.ts';

/** Left for what follows the check within the same call. */
const reserveMs = 2_000;

/**
 * Runs one check of the manifest as it is now: on the release that runs, or else on what is live and what
 * was live before it. It changes nothing and is on no release's record.
 * @param call Says how much time there is: a check gets no more than that.
 * @throws ServiceUnknownError, CheckUnknownError,
 * ReleaseStateError when there is nothing to look at.
 */
export async function runServiceCheck(
  request: CheckRequest,
  ports: Ports,
  call: StepCall,
): Promise<CheckRun> {
  const manifest = await manifestOf(request.service, ports);
  const check = findCheck(request, manifest.checks);
  const plan = planRelease(manifest);
  const pair = request.isPreflight
    ? await preflightPair(request, plan, ports)
    : await findPair(request.service, plan, ports);
  const { service, waitedSeconds = 0 } = request;
  const subject: CheckSubject = { service, plan, waitedSeconds, ...pair };
  const startedMs = ports.clock.now();
  const timeoutSeconds = Math.min(check.timeoutSeconds, secondsLeft(call));
  const answer = await runCheck({ ...check, timeoutSeconds }, subject, ports);
  const { releaseId, blue, green } = subject;
  return {
    service: request.service,
    check: check.name,
    kind: check.config.kind,
    isCritical: check.isCritical,
    isPreflight: request.isPreflight,
    ...inWords(answer),
    releaseId,
    blue,
    green,
    tookMs: ports.clock.now() - startedMs,
  };
}

function secondsLeft(call: StepCall): number {
  return Math.max(1, (call.remainingMs() - reserveMs) / 1000);
}

function findCheck({ service, check }: CheckRequest, checks: readonly CheckConfig[]): CheckConfig {
  const found = checks.find(({ name }) => name === check);
  if (found) return found;
  const names = checks.map(({ name }) => name);
  const nearest = nearestName(check, names);
  const hint = nearest ? `did you mean "${nearest}"?` : `it has: ${names.join(', ') || 'none'}`;
  throw new VerdigrisError(
    'CheckUnknownError',
    `the manifest of ${service} has no check "${check}"; ${hint}`,
  );
}

type Words = Pick<CheckRun, 'verdict' | 'summary' | 'evidence' | 'retryAfterSeconds'>;

function inWords(answer: CheckAnswer | null): Words {
  if (!answer) {
    const summary = 'needs a green environment; a release or `verdigris check` runs it';
    return { verdict: 'skipped', summary, evidence: {}, retryAfterSeconds: null };
  }
  const { verdict, summary } = answer;
  return answer.verdict === 'pending'
    ? { verdict, summary, evidence: {}, retryAfterSeconds: answer.retryAfterSeconds }
    : { verdict, summary, evidence: answer.evidence, retryAfterSeconds: null };
}
