import { z } from 'zod';
import type { Timers } from '../release/clock.ts';
import type { AdapterConfig, JsonObject } from '../release/json.ts';
import { checkBase } from '../release/manifest.ts';
import { duration } from '../release/quantities.ts';
import type { Check, CheckContext } from './check.ts';
import { type Answered, expectation, unmet } from './http/expectation.ts';
import type { CheckKind } from './index.ts';
import { ask, causeOf, pause } from './requests.ts';

/** So much of a body is kept as evidence. */
const evidenceBytes = 512;

const schema = z.strictObject({
  kind: z.literal('http'),
  ...checkBase,
  path: z
    .string()
    .regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /healthz')
    .describe("What is asked for, at green's own address"),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    .default('GET')
    .describe('Of the request'),
  headers: z.record(z.string().min(1), z.string()).default({}).describe('Of the request'),
  body: z.string().optional().describe('Of the request'),
  expect: expectation.prefault({}).describe('What the answer must be like'),
  attempts: z.int().min(1).max(10).default(3).describe('A pass after the first one is a warning'),
  retryDelay: duration.prefault('200ms').describe('Between two attempts'),
});
type HttpCheckConfig = z.output<typeof schema>;

/** One attempt, as evidence keeps it: `reason` is null when everything was as expected. */
interface Attempt {
  status: number | null;
  latencyMs: number | null;
  reason: string | null;
}

/** A request to green's own address, before it gets any traffic. */
export const httpKind: CheckKind = {
  kind: 'http',
  schema,
  create: (config, { timers }) => createHttpCheck(config, { timers }),
};

/**
 * A check that asks green over HTTP. A pass after a failed attempt is `warn`: green works, but not
 * reliably. Redirects are not followed. `config` is the manifest's part as it was written.
 */
export function createHttpCheck(config: AdapterConfig, { timers }: { timers: Timers }): Check {
  const check = schema.parse(config);
  return {
    async run(context) {
      const { address, id } = context.green;
      if (address === null) {
        const summary = `${id} has no address to ask; use another kind of check`;
        return { verdict: 'fail', summary, evidence: {} };
      }
      const url = `${address.replace(/\/$/, '')}${check.path}`;
      const attempts: Attempt[] = [];
      let body = '';
      for (let number = 1; number <= check.attempts; number += 1) {
        if (number > 1) await pause(timers, check.retryDelay, context.abort);
        if (context.abort.aborted) break;
        const { attempt, answered } = await attemptOnce(url, check, context);
        attempts.push(attempt);
        body = answered?.body ?? '';
        if (attempt.reason === null) break;
      }
      const evidence = evidenceOf(url, check.method, attempts, body);
      return { ...conclude(check, attempts, context), evidence };
    },
  };
}

function conclude(
  check: HttpCheckConfig,
  attempts: Attempt[],
  { abort }: CheckContext,
): { verdict: 'pass' | 'warn' | 'fail'; summary: string } {
  const what = `${check.method} ${check.path}`;
  const last = attempts.at(-1);
  if (last && last.reason === null) {
    const answer = `${what} answered ${last.status} in ${last.latencyMs} ms`;
    if (attempts.length === 1) return { verdict: 'pass', summary: answer };
    const flaky = `flaky: passed on attempt ${attempts.length} of ${check.attempts}`;
    return { verdict: 'warn', summary: `${answer} (${flaky})` };
  }
  const tries = `${attempts.length} of ${check.attempts} attempts`;
  const reason = last?.reason ?? 'there was no time to ask';
  const end = abort.aborted ? `its time was up after ${tries}` : `failed ${tries}`;
  return { verdict: 'fail', summary: `${what} ${end}: ${reason}` };
}

function evidenceOf(url: string, method: string, attempts: Attempt[], body: string): JsonObject {
  const last = attempts.at(-1);
  return {
    url,
    method,
    status: last?.status ?? null,
    latencyMs: last?.latencyMs ?? null,
    attempts: attempts.map(({ status, latencyMs, reason }) => ({ status, latencyMs, reason })),
    body: new TextDecoder().decode(new TextEncoder().encode(body).subarray(0, evidenceBytes)),
  };
}

async function attemptOnce(
  url: string,
  check: HttpCheckConfig,
  context: CheckContext,
): Promise<{ attempt: Attempt; answered: Answered | null }> {
  try {
    const { method, headers, body } = check;
    const answered = await ask({ url, method, headers, body, signal: context.abort });
    const { status, latencyMs } = answered;
    const reason = unmet(check.expect, answered);
    return { attempt: { status, latencyMs, reason }, answered };
  } catch (error) {
    const reason = `no answer: ${causeOf(error)}`;
    return { attempt: { status: null, latencyMs: null, reason }, answered: null };
  }
}
