import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import type { Json } from '../../release/json.ts';
import type { Logger } from '../../release/logger.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** One event that warms a version, and how many containers it is to start. */
export interface Warming {
  payload: Json;
  count: number;
}

/** So long an answer is waited for; a container that starts slowly starts all the same. */
const timeoutMs = 5000;

/**
 * Invokes a version, all events at once, so that as many containers start as there are events.
 * What goes wrong is only worth a line: checks come afterwards.
 */
export async function warmVersion(
  fn: LambdaFunction,
  version: string,
  warmings: readonly Warming[],
  { timers, log }: { timers: Timers; log: Logger },
): Promise<void> {
  const abort = new AbortController();
  const cancel = timers.after(timeoutMs, () => abort.abort());
  const invoke = async (payload: Json) => {
    const reason = await failureOf(fn, version, payload, abort.signal);
    if (reason === null) return;
    log.warn(`version ${version} of ${fn.functionName} could not be warmed`, { reason });
  };
  try {
    const payloads = warmings.flatMap(({ payload, count }) => Array(count).fill(payload) as Json[]);
    await Promise.all(payloads.map(invoke));
  } finally {
    cancel();
  }
}

async function failureOf(
  { lambda, functionName }: LambdaFunction,
  version: string,
  payload: Json,
  abortSignal: AbortSignal,
): Promise<string | null> {
  const command = new InvokeCommand({
    FunctionName: functionName,
    Qualifier: version,
    InvocationType: 'RequestResponse',
    Payload: new TextEncoder().encode(JSON.stringify(payload)),
  });
  try {
    const { FunctionError } = await lambda.send(command, { abortSignal });
    return FunctionError ? `the function failed (${FunctionError})` : null;
  } catch (error) {
    return messageOf(error);
  }
}
