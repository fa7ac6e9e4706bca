import { InvokeCommand, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf } from '../../release/errors.ts';
import { parseJson } from '../body-expectation.ts';
import type { CheckDeps } from '../index.ts';
import type { Reply } from './reply.ts';

/** A longer answer is none. */
const mostBytes = 64 * 1024;
/** After a throttled invocation. */
const retryAfterSeconds = 5;

/** A question, and who is asked. */
export interface LambdaQuestion {
  /** A name, or a name with an alias or version. */
  functionName: string;
  body: string;
  abort: AbortSignal;
}

/** Invokes a function with the question as its event. */
export async function askLambda(
  { functionName, body, abort }: LambdaQuestion,
  lambda: NonNullable<CheckDeps['lambda']>,
): Promise<Reply> {
  const [name, qualifier] = functionName.split(':');
  const command = new InvokeCommand({
    FunctionName: name,
    ...(qualifier ? { Qualifier: qualifier } : {}),
    InvocationType: 'RequestResponse',
    Payload: new TextEncoder().encode(body),
  });
  const startedAt = performance.now();
  try {
    const answer = await lambda.send(command, { abortSignal: abort });
    return readAnswer(functionName, answer, Math.round(performance.now() - startedAt));
  } catch (error) {
    return refusalOf(functionName, error);
  }
}

function readAnswer(what: string, answer: InvokeCommandOutput, durationMs: number): Reply {
  const payload = answer.Payload ?? new Uint8Array();
  const evidence = { durationMs, version: answer.ExecutedVersion ?? null };
  if (payload.byteLength > mostBytes)
    return { problem: `${what} answers with more than ${mostBytes} bytes`, evidence };
  const text = new TextDecoder().decode(payload);
  const value = parseJson(text);
  if (answer.FunctionError)
    return {
      problem: `${what} failed (${answer.FunctionError}): ${errorIn(value, text)}`,
      evidence,
    };
  return value === undefined
    ? { problem: `${what} answers no JSON`, evidence }
    : { value, evidence };
}

/** What a failed invocation answers with: `{ errorType, errorMessage }` (dg/nodejs-exceptions). */
function errorIn(value: unknown, text: string): string {
  const { errorType, errorMessage } = (value ?? {}) as Record<string, unknown>;
  return typeof errorMessage === 'string'
    ? `${errorType ?? 'Error'}: ${errorMessage}`
    : text.slice(0, 200);
}

function refusalOf(what: string, error: unknown): Reply {
  const meaning = meaningOf(error);
  if (meaning === 'throttled')
    return { later: `${what}: Lambda asks for patience: ${messageOf(error)}`, retryAfterSeconds };
  if (isCalled(error, 'AbortError')) return { problem: `${what}: its time was up` };
  if (isCalled(error, 'ResourceNotFoundException'))
    return { problem: `there is no function ${what}` };
  const hint =
    meaning === 'denied' ? `; allow ${missingAction(error, 'lambda:InvokeFunction')} on it` : '';
  return { problem: `${what} was not invoked: ${messageOf(error)}${hint}` };
}
