import type {
  Check,
  CheckAnswer,
  CheckContext,
  CheckVerdict,
  PreflightContext,
} from '../checks/check.ts';
import type { Artifact } from '../release/artifact.ts';
import type { EnvironmentRef } from '../release/document.ts';
import { isNamed, messageOf, VerdigrisError } from '../release/errors.ts';
import { cutBelow, type JsonObject } from '../release/json.ts';
import type { CheckConfig } from '../release/manifest.ts';
import type { Plan } from '../release/plan.ts';
import { clip } from './breach.ts';
import type { Ports } from './ports.ts';
import { createBlotter } from './run-check/blotter.ts';
import { patienceSeconds } from './step.ts';

/** Evidence is a part of an event, which has 400 KB on AWS; a person reads less than this. */
const mostEvidence = 32_768;
/** And none that is nested deeper. */
const mostLevels = 32;
/** A line fit for a chat message. */
const longestSummary = 500;

/** What a check is asked about. */
export interface CheckSubject {
  service: string;
  releaseId: string | null;
  artifact: Artifact | null;
  plan: Plan;
  blue: EnvironmentRef | null;
  /** Null asks what can be told before there is one. */
  green: EnvironmentRef | null;
  /** Whether green has users already. */
  isLive: boolean;
  /** For how long checks of this green have been asked; 0 if absent. */
  waitedSeconds?: number;
}

/**
 * Asks a check once. Its time-out ends it, a crash is its own failure, and the values of secrets that it
 * read are not in the answer. Null where it has nothing to say before green is provisioned.
 */
export async function runCheck(
  { config, timeoutSeconds }: Pick<CheckConfig, 'config' | 'timeoutSeconds'>,
  subject: CheckSubject,
  ports: Ports,
): Promise<CheckAnswer | null> {
  const abort = new AbortController();
  const timedOut = Promise.withResolvers<CheckAnswer>();
  const cancel = ports.timers.after(timeoutSeconds * 1000, () => {
    abort.abort();
    timedOut.resolve(failed(`no verdict within ${timeoutSeconds} s`));
  });
  const blotter = createBlotter();
  const time = { timeoutSeconds, abort: abort.signal };
  const context = contextOf(subject, ports, blotter.remember, time);
  try {
    const look = ports.adapters.check(config);
    const answer = Promise.resolve(look).then((check) => askCheck(check, subject, context));
    return tidy(await Promise.race([answer, timedOut.promise]), blotter.blot);
  } catch (error) {
    const reason = blotter.blot(messageOf(error));
    if (isNamed(error, 'ThrottledError'))
      return { verdict: 'pending', summary: reason, retryAfterSeconds: patienceSeconds };
    return failed(`the check itself failed: ${clip(reason, longestSummary)}`);
  } finally {
    cancel();
  }
}

async function askCheck(
  check: Check,
  { green, releaseId, isLive, waitedSeconds = 0 }: CheckSubject,
  context: PreflightContext,
): Promise<CheckAnswer | null> {
  if (green) {
    const more = { releaseId, green, isLive, waitedSeconds };
    return check.run({ ...context, ...more } satisfies CheckContext);
  }
  return (await check.preflight?.(context)) ?? null;
}

function contextOf(
  { service, artifact, plan, blue }: CheckSubject,
  ports: Ports,
  remember: (value: string) => void,
  time: Pick<PreflightContext, 'timeoutSeconds' | 'abort'>,
): PreflightContext {
  const { adapters, clock } = ports;
  return {
    service,
    artifact,
    plan,
    blue,
    ...time,
    describe: async (ref) => (await adapters.environment(plan.environment, service)).describe(ref),
    async figures({ id, version }, seconds) {
      const toMs = clock.now();
      const source = adapters.metrics(plan.metrics, service, plan.router);
      const fromMs = toMs - seconds * 1000;
      const query = { environmentIds: [id], versions: { [id]: version }, fromMs, toMs };
      return (await source.samples(query))[id] ?? [];
    },
    alarms: async (names) => adapters.signal(plan.signals, service).examine(names),
    async secret(name) {
      if (!adapters.secrets) {
        const reason = 'there are no secrets on this platform';
        throw new VerdigrisError('ConfigInvalidError', reason);
      }
      const values = await adapters.secrets.read(name);
      for (const value of values) remember(value);
      return values[0];
    },
  };
}

/** One line, and no more evidence than a person reads. */
function tidy(answer: CheckAnswer | null, blot: (text: string) => string): CheckAnswer | null {
  if (!answer) return null;
  const summary = clip(blot(answer.summary).replace(/\s*\n\s*/g, ' '), longestSummary);
  if (answer.verdict === 'pending') return { ...answer, summary };
  const blotted = JSON.parse(
    JSON.stringify(cutBelow(answer.evidence, mostLevels)),
    (_, value: unknown) => (typeof value === 'string' ? blot(value) : withBlottedKeys(value, blot)),
  );
  const told = { ...answer, summary, evidence: fitting(blotted) };
  const hold = answer.effects?.holdOnBreach;
  if (hold === undefined) return told;
  return { ...told, effects: { ...answer.effects, holdOnBreach: blot(hold) } };
}

/** What is in it is blotted already. */
function withBlottedKeys(value: unknown, blot: (text: string) => string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [blot(key), inner]));
}

function fitting(evidence: JsonObject): JsonObject {
  const text = JSON.stringify(evidence);
  if (text.length <= mostEvidence) return evidence;
  return { cutFrom: text.length, begin: text.slice(0, mostEvidence) };
}

function failed(summary: string): CheckVerdict {
  return { verdict: 'fail', summary, evidence: {} };
}
