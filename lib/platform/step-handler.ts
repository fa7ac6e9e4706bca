import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import type { ReleaseDocument, ReleaseInput, StepStatus } from '../release/document.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { Logger as Log } from '../release/logger.ts';
import { wholeSeconds } from '../release/plan.ts';
import type { Ports, StepCall } from '../steps/ports.ts';
import type { RetireInput } from '../steps/retire.ts';
import type { Step, TokenStep } from '../steps/step.ts';
import { createAwsPorts } from './aws.ts';

/**
 * What Lambda calls. What it throws reaches Step Functions under its `name`: the runtime reports
 * `error.name` as `errorType` (formatError in aws-lambda-nodejs-runtime-interface-client), which is
 * what a Catch matches.
 */
export type Handler<Output> = (event: unknown, context: Context) => Promise<Output>;

/** What a handler needs; one per container by default. */
export interface HandlerDeps {
  /** Called with the first event, so that a cold start pays for nothing that it does not need. */
  ports(): Ports;
  logger: Logger;
}

const named = { releaseId: z.string().min(1), service: z.string().min(1) };

const releaseInput = z.looseObject({
  ...named,
  artifact: z.looseObject({ uri: z.string().min(1), version: z.string().min(1) }),
  requestedBy: z.string(),
  requestedAt: z.string(),
});

/** Loose on purpose: the steps own the document, this only keeps strangers out. */
const releaseDocument = z.looseObject({ ...named, schema: z.literal(1) });

/** What a Catch hands to Discard and Rollback may still be the input of Admit. */
const travelling = z.union([releaseDocument, releaseInput], {
  error: 'needs a release document of schema 1, or the input of a release',
});

const tokenEvent = z.object({ document: releaseDocument, token: z.string().min(1) });

const retireInput = z.looseObject({
  ...named,
  environment: z.looseObject({ id: z.string().min(1), kind: z.string().min(1) }),
  retireAt: z.string(),
});

/** The Lambda handler of a step. */
export function stepHandler(step: Step, deps = container): Handler<ReleaseDocument> {
  return createHandler(travelling, deps, async (event, call) =>
    inWholeSeconds(await step(event as unknown as ReleaseDocument, deps.ports(), call)),
  );
}

/** The Lambda handler of Admit, whose input is not a document yet. */
export function admitHandler(
  admit: (input: ReleaseInput, ports: Ports) => Promise<ReleaseDocument>,
  deps = container,
): Handler<ReleaseDocument> {
  return createHandler(releaseInput, deps, async (event) =>
    inWholeSeconds(await admit(event as unknown as ReleaseInput, deps.ports())),
  );
}

/** The Lambda handler of a step that stores a task token; its answer is not the task's. */
export function tokenHandler(step: TokenStep, deps = container): Handler<null> {
  return createHandler(tokenEvent, deps, async ({ document, token }) => {
    await step(document as unknown as ReleaseDocument, token, deps.ports());
    return null;
  });
}

/** The Lambda handler of Retire. */
export function retireHandler(
  retire: (input: RetireInput, ports: Ports) => Promise<RetireInput>,
  deps = container,
): Handler<RetireInput> {
  return createHandler(retireInput, deps, async (event) =>
    inWholeSeconds(await retire(event as unknown as RetireInput, deps.ports())),
  );
}

const container = createContainer();

function createContainer(): HandlerDeps {
  const logger = new Logger({ serviceName: 'verdigris' });
  let ports: Ports | undefined;
  return {
    logger,
    ports() {
      ports ??= createAwsPorts(process.env, toLog(logger));
      return ports;
    },
  };
}

/** The logger as the steps know it. */
function toLog(logger: Logger): Log {
  return {
    info: (message, facts = {}) => logger.info(message, facts),
    warn: (message, facts = {}) => logger.warn(message, facts),
    error: (message, facts = {}) => logger.error(message, facts),
  };
}

function createHandler<Event extends z.ZodType<Recognizable>, Output>(
  schema: Event,
  { logger }: HandlerDeps,
  run: (event: z.output<Event>, call: StepCall) => Promise<Output>,
): Handler<Output> {
  const handler = async (event: unknown, context: Context) => {
    const input = parse(schema, event);
    const { releaseId, service } = 'document' in input ? input.document : input;
    logger.appendKeys({ releaseId, releasedService: service });
    return run(input, { remainingMs: () => context.getRemainingTimeInMillis() });
  };
  return middy(handler)
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .onError(({ error }) => logError(logger, error));
}

type Names = { releaseId: string; service: string };
type Recognizable = Names | { document: Names };

function parse<Event extends z.ZodType>(schema: Event, event: unknown): z.output<Event> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'event'}: ${message}`,
  );
  throw new VerdigrisError('RequestInvalidError', reasons.join('; '), { cause: parsed.error });
}

/** Errors of the catalogue are part of the game; anything else is a defect, logged with its cause. */
function logError(logger: Logger, error: unknown): void {
  if (error instanceof VerdigrisError) {
    logger.warn(error.message, { errorName: error.name, code: error.code });
  } else {
    logger.error(messageOf(error), { error });
  }
}

interface Travelling {
  step: StepStatus;
  watch?: { nextLookSeconds: number } | null;
}

/** Wait states and TimeoutSecondsPath know no fractions. */
function inWholeSeconds<T extends Travelling>(answer: T): T {
  const { step, watch } = answer;
  return {
    ...answer,
    step: { ...step, retryAfterSeconds: wholeSeconds(step.retryAfterSeconds) },
    ...(watch && { watch: { ...watch, nextLookSeconds: wholeSeconds(watch.nextLookSeconds) } }),
  };
}
