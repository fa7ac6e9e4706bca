import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { meaningOf } from '../aws/sdk-errors.ts';
import { messageOf } from '../release/errors.ts';
import type { AdapterConfig, JsonObject } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import { checkBase } from '../release/manifest.ts';
import type { Check, CheckAnswer, CheckContext } from './check.ts';
import type { CheckKind } from './index.ts';
import { expectation, unmet } from './lambda-invoke/expectation.ts';

/** The one call of the SDK's client. */
export type LambdaApi = Pick<LambdaClient, 'send'>;

/** So much of an answer is kept as evidence. */
const evidenceBytes = 2048;
/** After a throttled invocation, which says nothing about green. */
const retryAfterSeconds = 5;

const schema = z.strictObject({
  kind: z.literal('lambda-invoke'),
  ...checkBase,
  functionName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs the name of a function, not an ARN: A-Z a-z 0-9 - _')
    .describe('The function of which green is a version'),
  payload: z.json().default({}).describe('The event'),
  expect: expectation.prefault({}).describe('What the answer must be like'),
});
type InvokeCheckConfig = z.output<typeof schema>;

/** What one invocation came to. */
interface Invocation {
  executedVersion: string | null;
  functionError: string | null;
  text: string;
  durationMs: number;
}

/** An invocation of green's own version, before it gets any traffic. */
export const lambdaInvokeKind: CheckKind = {
  kind: 'lambda-invoke',
  schema,
  create(config, { lambda }) {
    if (lambda) return createLambdaInvokeCheck(config, { lambda });
    throw awsOnly('check', 'lambda-invoke');
  },
};

/**
 * A check that invokes green and looks at the answer. Lambda asking for patience, as with every other
 * call of the account, is `pending`. `config` is the manifest's part as it was written.
 */
export function createLambdaInvokeCheck(
  config: AdapterConfig,
  { lambda }: { lambda: LambdaApi },
): Check {
  const check = schema.parse(config);
  const payload = new TextEncoder().encode(JSON.stringify(check.payload));

  async function invoke({ green, abort }: CheckContext): Promise<Invocation> {
    const command = new InvokeCommand({
      FunctionName: check.functionName,
      Qualifier: green.id,
      InvocationType: 'RequestResponse',
      Payload: payload,
    });
    const startedAt = performance.now();
    return toInvocation(await lambda.send(command, { abortSignal: abort }), startedAt);
  }

  return {
    async run(context) {
      const { green, abort } = context;
      const what = `${check.functionName}:${green.id}`;
      if (!/^[1-9]\d*$/.test(green.id)) {
        return failed(`${green.id} is no version of ${check.functionName}; use another kind`);
      }
      const { functionName = check.functionName } = green.attributes;
      if (functionName !== check.functionName) {
        const reason = `green is a version of ${functionName}; name that function in the check`;
        return failed(`${what} was not invoked: ${reason}`);
      }
      if (abort.aborted) return failed(`${what}: there was no time to invoke it`);
      try {
        return judge(check, green.id, payload.byteLength, await invoke(context));
      } catch (error) {
        if (meaningOf(error) === 'throttled') {
          const summary = `${what}: Lambda asks for patience: ${messageOf(error)}`;
          return { verdict: 'pending', summary: oneLine(summary), retryAfterSeconds };
        }
        return failed(`${what} was not invoked: ${reasonOf(error)}`);
      }
    },
  };
}

function toInvocation(answer: InvokeCommandOutput, startedAt: number): Invocation {
  return {
    executedVersion: answer.ExecutedVersion ?? null,
    functionError: answer.FunctionError ?? null,
    text: new TextDecoder().decode(answer.Payload ?? new Uint8Array()),
    durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
  };
}

function judge(
  check: InvokeCheckConfig,
  version: string,
  payloadBytes: number,
  invocation: Invocation,
): CheckAnswer {
  const { executedVersion, functionError, text, durationMs } = invocation;
  const evidence: JsonObject = {
    functionName: check.functionName,
    payloadBytes,
    executedVersion,
    functionError,
    durationMs,
    answer: new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, evidenceBytes)),
  };
  const what = `${check.functionName}:${version}`;
  const reason = reasonAgainst(check, version, invocation);
  return reason === null
    ? { verdict: 'pass', summary: `${what} answered in ${durationMs} ms`, evidence }
    : { verdict: 'fail', summary: oneLine(`${what}: ${reason}`), evidence };
}

function reasonAgainst(
  { expect }: InvokeCheckConfig,
  version: string,
  { executedVersion, functionError, text, durationMs }: Invocation,
): string | null {
  if (executedVersion !== version)
    return `version ${executedVersion ?? 'unknown'} answered in its place`;
  if (functionError !== null) return `it failed (${functionError}): ${errorIn(text)}`;
  return unmet(expect, { text, durationMs });
}

/** What a failed invocation answers with: `{ errorType, errorMessage }` (dg/nodejs-exceptions). */
function errorIn(text: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(text) as Record<string, unknown>;
    return `${errorType}: ${errorMessage}`;
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'AbortError') return 'its time was up';
  const hint = meaningOf(error) === 'denied' ? '; allow lambda:InvokeFunction on it' : '';
  return `${name}: ${messageOf(error)}${hint}`;
}

function failed(summary: string): CheckAnswer {
  return { verdict: 'fail', summary: oneLine(summary), evidence: {} };
}

/** A line fit for a chat message. */
function oneLine(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
