import { Logger } from '@aws-lambda-powertools/logger';
import type { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { createCheckCaller } from '../../../lib/platform/check-caller.ts';
import { checkHandler } from '../../../lib/platform/check-function.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { Ports } from '../../../lib/steps/ports.ts';
import { fixtureCheckRun } from '../../support/fakes/operations.ts';

const request = {
  ...{ service: 'storefront', check: 'health', isPreflight: false, artifact: null },
  waitedSeconds: 7,
};
const context = {
  functionName: 'check',
  getRemainingTimeInMillis: () => 9000,
} as unknown as Context;
const ports = {} as Ports;
const deps = { logger: new Logger({ logLevel: 'SILENT' }), ports: () => ports };

/** Lambda, as far as it matters here: runs the handler, and tells its error as the runtime does. */
function calling(handler: (event: unknown, context: Context) => Promise<unknown>) {
  const send = vi.fn(async ({ input }: InvokeCommand) => {
    const event = JSON.parse(new TextDecoder().decode(input.Payload as Uint8Array));
    const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    try {
      return { Payload: encode(await handler(event, context)) };
    } catch (error) {
      const { name: errorType, message: errorMessage } = error as Error;
      return { FunctionError: 'Unhandled', Payload: encode({ errorType, errorMessage }) };
    }
  });
  return { call: createCheckCaller('verdigris-dev-check', { send } as never), send };
}

describe('the function that runs checks', () => {
  it('is asked by name, and gives the check the time that is left', async () => {
    const runCheck = vi.fn(async () => fixtureCheckRun());
    const { call, send } = calling(checkHandler(runCheck, deps));

    expect(await call(request)).toEqual(fixtureCheckRun());
    expect(send.mock.calls[0]?.[0].input.FunctionName).toBe('verdigris-dev-check');
    const [asked, given, { remainingMs }] = runCheck.mock.calls[0] as unknown as Parameters<
      Parameters<typeof checkHandler>[0]
    >;
    expect([asked, given, remainingMs()]).toEqual([request, ports, 9000]);
  });

  it('has its errors told by their names', async () => {
    const { call } = calling(
      checkHandler(async () => {
        throw new VerdigrisError('ReleaseStateError', 'there is nothing to look at');
      }, deps),
    );

    await expect(call(request)).rejects.toMatchObject({
      name: 'ReleaseStateError',
      httpStatus: 409,
      message: 'there is nothing to look at',
    });
  });

  it('tells of a defect as one', async () => {
    const { call } = calling(async () => {
      throw new TypeError('x is undefined');
    });

    await expect(call(request)).rejects.toThrow('the function for checks failed: x is undefined');
  });

  it('is asked for again when Lambda has no room for it, and not when it took too long', async () => {
    const failing = (name: string) =>
      createCheckCaller('verdigris-dev-check', {
        send: async () => {
          throw Object.assign(new Error('Rate Exceeded.'), { name });
        },
      } as never);

    await expect(failing('TooManyRequestsException')(request)).rejects.toMatchObject({
      ...{ name: 'ThrottledError', isRetryable: true },
      message: 'Lambda asks for patience: Rate Exceeded.',
    });
    await expect(failing('TimeoutError')(request)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('refuses what is no request', async () => {
    const handler = checkHandler(async () => fixtureCheckRun(), deps);

    await expect(handler({ ...request, check: '' }, context)).rejects.toMatchObject({
      name: 'RequestInvalidError',
      message: expect.stringContaining('check: '),
    });
  });
});
