import type { Clock, Timers } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Check, CheckAnswer, PreflightContext } from '../check.ts';
import type { FunctionCheckConfig } from '../function.ts';
import type { CheckDeps } from '../index.ts';
import { type Reply, readReply } from './reply.ts';

/** What asking needs; what its platform lacks is not there. */
export interface FunctionCheckDeps {
  timers: Timers;
  clock: Clock | undefined;
  lambda: CheckDeps['lambda'];
  baseDirectory: string | undefined;
}

/** What is asked about. */
interface Subject extends PreflightContext {
  releaseId: string | null;
  green: EnvironmentRef | null;
  isLive: boolean;
}

/** A check that leaves the verdict to somebody else's code. */
export function createFunctionCheck(config: FunctionCheckConfig, deps: FunctionCheckDeps): Check {
  const look = async (subject: Subject): Promise<CheckAnswer> => {
    const asked = { asked: nameOf(config) };
    if (subject.abort.aborted)
      return {
        verdict: 'fail',
        summary: `there was no time to ask ${asked.asked}`,
        evidence: asked,
      };
    return readReply(await ask(config, subject, deps), asked);
  };
  const early = (context: PreflightContext) =>
    look({ ...context, releaseId: null, green: null, isLive: false });
  return config.preflight ? { run: look, preflight: early } : { run: look };
}

/** Who is asked, for people. Paths of webhooks are often secrets themselves. */
function nameOf({ functionName, url, command }: FunctionCheckConfig): string {
  return functionName ?? (url === undefined ? (command ?? []).join(' ') : new URL(url).host);
}

async function ask(
  config: FunctionCheckConfig,
  subject: Subject,
  deps: FunctionCheckDeps,
): Promise<Reply> {
  const { functionName, url, secret, command } = config;
  const { timers, clock, lambda, baseDirectory } = deps;
  const { abort } = subject;
  const body = JSON.stringify(questionOf(subject));
  if (functionName !== undefined && lambda) {
    const { askLambda } = await import('./lambda.ts');
    return askLambda({ functionName, body, abort }, lambda);
  }
  if (url !== undefined && secret !== undefined && clock) {
    const { askWebhook } = await import('./webhook.ts');
    const key = await subject.secret(secret);
    const about = {
      subject: `${subject.releaseId ?? subject.service}-${config.name ?? 'function'}`,
    };
    return askWebhook({ url, secret: key, body, abort, ...about }, { timers, clock });
  }
  if (command && baseDirectory !== undefined) {
    const { askCommand } = await import('./command.ts');
    const variables = variablesOf(subject);
    return askCommand({
      words: command,
      directory: baseDirectory,
      variables,
      input: body,
      abort,
      timers,
    });
  }
  return { problem: `${nameOf(config)} can't be asked on this platform` };
}

function questionOf({ service, releaseId, artifact, blue, green, isLive }: Subject): JsonObject {
  return JSON.parse(JSON.stringify({ service, releaseId, artifact, blue, green, isLive }));
}

/** For programs that would rather not read JSON. */
function variablesOf({ service, artifact, blue, green }: Subject): Record<string, string> {
  return {
    VERDIGRIS_SERVICE: service,
    VERDIGRIS_VERSION: artifact?.version ?? '',
    VERDIGRIS_BLUE_URL: blue?.address ?? '',
    VERDIGRIS_GREEN_URL: green?.address ?? '',
  };
}
