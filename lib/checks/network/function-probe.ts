import { InvokeCommand } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { meaningOf } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { parseJson } from '../body-expectation.ts';
import type { LambdaApi } from '../network.ts';
import type { Probe } from './probe.ts';

/** What the function gives each connection. */
const timeoutMs = 3000;

const answerSchema = z.object({
  results: z.array(
    z.object({
      open: z.boolean(),
      error: z.string().nullish(),
      ms: z.number().nullish(),
    }),
  ),
});

/**
 * A probe that is a function in the network of the service: it gets `{targets: [{host, port, tls}],
 * timeoutMs}` and answers `{results: [{open, error, ms}]}` in the same order.
 * @throws ThrottledError when Lambda asks for patience, which says nothing about the network.
 */
export function createFunctionProbe(
  { functionName, alias }: { functionName: string; alias: string },
  lambda: LambdaApi,
  abort: AbortSignal,
): Probe {
  async function invoke(payload: object): Promise<string> {
    const command = new InvokeCommand({
      FunctionName: functionName,
      Qualifier: alias,
      Payload: new TextEncoder().encode(JSON.stringify(payload)),
    });
    const answer = lambda.send(command, { abortSignal: abort }).catch((error) => {
      throw explained(error, `${functionName}:${alias}`);
    });
    const { FunctionError, Payload } = await answer;
    const text = new TextDecoder().decode(Payload ?? new Uint8Array());
    if (FunctionError === undefined) return text;
    throw new Error(`failed (${FunctionError}): ${text.slice(0, 200)}`);
  }

  return async (targets) => {
    const asked = targets.map(({ host, port, tls }) => ({ host, port, tls }));
    const answer = answerSchema.safeParse(parseJson(await invoke({ targets: asked, timeoutMs })));
    if (!answer.success || answer.data.results.length !== targets.length)
      throw new Error('did not answer { results: [{ open, error }] }, one for each target');
    return answer.data.results.map(({ open, error, ms }) => ({
      isOpen: open,
      error: error ?? null,
      ms: ms ?? null,
    }));
  };
}

function explained(error: unknown, what: string): Error {
  const meaning = meaningOf(error);
  if (meaning === 'throttled')
    return new VerdigrisError('ThrottledError', `${what}: Lambda asks for patience`, {
      cause: error,
    });
  const hint = meaning === 'denied' ? '; allow lambda:InvokeFunction on it, and tag it' : '';
  return new Error(`was not invoked: ${messageOf(error)}${hint}`, { cause: error });
}
