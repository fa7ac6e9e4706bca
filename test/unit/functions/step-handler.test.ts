import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import {
  admitHandler,
  type HandlerDeps,
  retireHandler,
  stepHandler,
  tokenHandler,
} from '../../../lib/platform/step-handler.ts';
import {
  createDocument,
  pending,
  type ReleaseDocument,
  type WatchState,
} from '../../../lib/release/document.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import type { Ports } from '../../../lib/steps/ports.ts';

const input = {
  releaseId: 'r1',
  service: 'storefront',
  artifact: { uri: 'file:app.tgz', version: '2.0.0' },
  requestedBy: 'ada',
  requestedAt: '2026-01-01T00:00:00.000Z',
};
const document = createDocument(input);
const context = {
  functionName: 'provision',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 55_000,
} as unknown as Context;

function prepare() {
  const logger = new Logger({ logLevel: 'SILENT' });
  const ports = { log: logger } as unknown as Ports;
  const deps: HandlerDeps = { logger, ports: () => ports };
  return { deps, ports, warn: vi.spyOn(logger, 'warn'), error: vi.spyOn(logger, 'error') };
}

const watch: WatchState = {
  stepIndex: 0,
  startedAt: input.requestedAt,
  endsAt: input.requestedAt,
  nextLookSeconds: 0.4,
  looks: 0,
  isClosed: false,
};

describe('the handler of a step', () => {
  it('hands the document, the ports and the remaining time to the step', async () => {
    const { deps, ports } = prepare();
    const step = vi.fn(async (given: ReleaseDocument) => given);

    const answer = await stepHandler(step, deps)(document, context);

    expect(answer).toEqual(document);
    expect(step.mock.calls[0]).toEqual([document, ports, expect.anything()]);
    const call = (step.mock.calls[0] as unknown[])[2] as { remainingMs(): number };
    expect(call.remainingMs()).toBe(55_000);
  });

  it('rounds waiting times up to whole seconds of at least one', async () => {
    const { deps } = prepare();
    const handler = stepHandler(async (given) => ({ ...given, step: pending(2.1), watch }), deps);

    const answer = await handler(document, context);

    expect(answer.step.retryAfterSeconds).toBe(3);
    expect(answer.watch?.nextLookSeconds).toBe(1);
  });

  it('takes the input of Admit where a Catch handed it on', async () => {
    const { deps } = prepare();
    const caught = { ...input, error: { Error: 'ReleaseFrozenError', Cause: 'frozen' } };
    const handler = stepHandler(async (given) => ({ ...document, error: given.error }), deps);

    expect(await handler(caught, context)).toMatchObject({ error: caught.error });
  });

  it.each([
    ['nothing', null],
    ['text', 'hello'],
    ['a document without a service', { schema: 1, releaseId: 'r1' }],
    ['a document of another schema', { ...document, schema: 2, artifact: null }],
  ])('refuses %s before any step runs', async (_, event) => {
    const { deps } = prepare();
    const step = vi.fn();

    const failing = stepHandler(step, deps)(event, context);

    await expect(failing).rejects.toMatchObject({ name: 'RequestInvalidError' });
    expect(step).not.toHaveBeenCalled();
  });

  it('lets an error through under the name that a Catch matches', async () => {
    const { deps, warn, error } = prepare();
    const handler = stepHandler(async () => {
      throw new VerdigrisError('RouteConflictError', 'the route was changed');
    }, deps);

    const failing = handler(document, context);

    await expect(failing).rejects.toMatchObject({ name: 'RouteConflictError' });
    expect(warn).toHaveBeenCalledWith('the route was changed', {
      errorName: 'RouteConflictError',
      code: 'VG401',
    });
    expect(error).not.toHaveBeenCalled();
  });

  it('logs what nobody expected together with its cause', async () => {
    const { deps, error } = prepare();
    const defect = new TypeError('x is not a function', { cause: new Error('deeper') });
    const handler = stepHandler(async () => {
      throw defect;
    }, deps);

    await expect(handler(document, context)).rejects.toBe(defect);
    expect(error).toHaveBeenCalledWith('x is not a function', { error: defect });
  });
});

describe('the other handlers', () => {
  it('makes a document of a release input', async () => {
    const { deps } = prepare();

    expect(
      await admitHandler(async (given) => createDocument(given), deps)(input, context),
    ).toEqual(document);
  });

  it('hands a token on and answers nothing', async () => {
    const { deps, ports } = prepare();
    const step = vi.fn(async () => {});

    const answer = await tokenHandler(step, deps)({ document, token: 'secret' }, context);

    expect(answer).toBeNull();
    expect(step).toHaveBeenCalledWith(document, { token: 'secret', turn: null }, ports);
  });

  it('puts tokens into the order in which their states were entered and tried', async () => {
    const { deps } = prepare();
    const turns: (string | null)[] = [];
    const step = tokenHandler(async (_, { turn }) => void turns.push(turn), deps);
    const entered = ['2026-01-01T00:00:00.5Z', '2026-01-01T00:00:00.512Z'];
    for (const enteredAt of entered) {
      for (const retryCount of [0, 2, 10]) {
        await step({ document, token: 'secret', enteredAt, retryCount }, context);
      }
    }

    expect(turns.toSorted()).toEqual(turns);
    expect(new Set(turns).size).toBe(6);
  });

  it('refuses a token event without a token', async () => {
    const { deps } = prepare();

    const failing = tokenHandler(async () => {}, deps)({ document }, context);

    await expect(failing).rejects.toMatchObject({
      name: 'RequestInvalidError',
      message: expect.stringContaining('token'),
    });
  });

  it('retires with whole seconds', async () => {
    const { deps } = prepare();
    const event = {
      releaseId: 'r1',
      service: 'storefront',
      environment: { id: 'blue', kind: 'process' },
      environmentConfig: { kind: 'process' },
      routerConfig: { kind: 'local-proxy' },
      retireAt: input.requestedAt,
    };
    const handler = retireHandler(async (given) => ({ ...given, step: pending(0.2) }), deps);

    expect((await handler(event, context)).step).toEqual(pending(1));
  });
});
