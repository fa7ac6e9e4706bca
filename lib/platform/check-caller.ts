import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { meaningOf } from '../aws/sdk-errors.ts';
import type { CheckRequest, CheckRun } from '../release/check-run.ts';
import { isErrorName, messageOf, VerdigrisError } from '../release/errors.ts';

/** Longer than the function may take. */
const requestTimeoutMs = 28_000;

/** A client that asks once: a check that took too long is not begun again behind the caller's back. */
function createClient(): LambdaClient {
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 1000,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}

/**
 * Has the function of that name run checks. They look at what users have, their roles, logs and secrets'
 * names, and what the internet reaches has none of those rights.
 * @throws what it throws, by its name; ThrottledError where Lambda has no room for it just now.
 */
export function createCheckCaller(
  functionName: string,
  lambda: Pick<LambdaClient, 'send'> = createClient(),
): (request: CheckRequest) => Promise<CheckRun> {
  return async (request) => {
    const Payload = new TextEncoder().encode(JSON.stringify(request));
    const command = new InvokeCommand({ FunctionName: functionName, Payload });
    const answer = await lambda.send(command).catch((error: unknown) => {
      throw asPatience(error);
    });
    const body: unknown = JSON.parse(new TextDecoder().decode(answer.Payload) || 'null');
    if (answer.FunctionError !== undefined) throw toError(body);
    return body as CheckRun;
  };
}

/** The same call is worth a repetition: the check did not begin. */
function asPatience(cause: unknown): unknown {
  if (meaningOf(cause) !== 'throttled') return cause;
  const message = `Lambda asks for patience: ${messageOf(cause)}`;
  return new VerdigrisError('ThrottledError', message, { cause });
}

/** What Lambda makes of an error (lambda/latest/dg/nodejs-exceptions.html). */
const thrown = z.object({ errorType: z.string(), errorMessage: z.string() });

function toError(body: unknown): Error {
  const { data } = thrown.safeParse(body);
  if (data && isErrorName(data.errorType)) {
    return new VerdigrisError(data.errorType, data.errorMessage);
  }
  return new Error(`the function for checks failed: ${data?.errorMessage ?? 'it said nothing'}`);
}
