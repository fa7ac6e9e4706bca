import type { Context } from 'aws-lambda';
import { z } from 'zod';
import type { ReleaseDocument, ReleaseInput, StepStatus } from '../release/document.ts';
import { wholeSeconds } from '../release/plan.ts';
import type { Ports, StepCall } from '../steps/ports.ts';
import type { RetireInput } from '../steps/retire.ts';
import { type Step, type TokenStep, waitingTaskOf } from '../steps/step.ts';
import {
  container,
  type Handler,
  type HandlerDeps,
  parseEvent,
  withLogging,
} from './lambda-container.ts';

export type { Handler, HandlerDeps } from './lambda-container.ts';

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

const tokenEvent = z.object({
  document: releaseDocument,
  token: z.string().min(1),
  enteredAt: z.iso.datetime({ offset: true }).optional(),
  retryCount: z.int().optional(),
});

const retireInput = z.looseObject({
  ...named,
  environment: z.looseObject({ id: z.string().min(1), kind: z.string().min(1) }),
  retireAt: z.string(),
});

/** The Lambda handler of a step. */
export function stepHandler(step: Step, deps: HandlerDeps = container): Handler<ReleaseDocument> {
  return createHandler(travelling, deps, async (event, call) =>
    inWholeSeconds(await step(event as unknown as ReleaseDocument, deps.ports(), call)),
  );
}

/** The Lambda handler of Admit, whose input is not a document yet. */
export function admitHandler(
  admit: (input: ReleaseInput, ports: Ports) => Promise<ReleaseDocument>,
  deps: HandlerDeps = container,
): Handler<ReleaseDocument> {
  return createHandler(releaseInput, deps, async (event) =>
    inWholeSeconds(await admit(event as unknown as ReleaseInput, deps.ports())),
  );
}

/** The Lambda handler of a step that stores a task token; its answer is not the task's. */
export function tokenHandler(step: TokenStep, deps: HandlerDeps = container): Handler<null> {
  return createHandler(tokenEvent, deps, async ({ document, ...task }) => {
    await step(document as unknown as ReleaseDocument, waitingTaskOf(task), deps.ports());
    return null;
  });
}

/** The Lambda handler of Retire. */
export function retireHandler(
  retire: (input: RetireInput, ports: Ports) => Promise<RetireInput>,
  deps: HandlerDeps = container,
): Handler<RetireInput> {
  return createHandler(retireInput, deps, async (event) =>
    inWholeSeconds(await retire(event as unknown as RetireInput, deps.ports())),
  );
}

function createHandler<Event extends z.ZodType<Recognizable>, Output>(
  schema: Event,
  { logger }: HandlerDeps,
  run: (event: z.output<Event>, call: StepCall) => Promise<Output>,
): Handler<Output> {
  return withLogging(logger, async (event: unknown, context: Context) => {
    const input = parseEvent(schema, event);
    const { releaseId, service } = 'document' in input ? input.document : input;
    logger.appendKeys({ releaseId, releasedService: service });
    return run(input, { remainingMs: () => context.getRemainingTimeInMillis() });
  });
}

type Names = { releaseId: string; service: string };
type Recognizable = Names | { document: Names };

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
