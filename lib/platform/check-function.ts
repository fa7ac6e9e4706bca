import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { artifactSchema } from '../release/artifact.ts';
import type { CheckRequest, CheckRun } from '../release/check-run.ts';
import type { Ports, StepCall } from '../steps/ports.ts';
import {
  container,
  type Handler,
  type HandlerDeps,
  parseEvent,
  withLogging,
} from './lambda-container.ts';

const checkRequest = z.strictObject({
  service: z.string().min(1),
  check: z.string().min(1),
  isPreflight: z.boolean(),
  artifact: artifactSchema.nullable(),
  waitedSeconds: z.number().min(0).default(0),
});

type RunCheck = (request: CheckRequest, ports: Ports, call: StepCall) => Promise<CheckRun>;

/** The Lambda handler of a check that somebody asks for outside of a release. */
export function checkHandler(
  runCheck: RunCheck,
  { logger, ports }: HandlerDeps = container,
): Handler<CheckRun> {
  return withLogging(logger, async (event, context: Context) => {
    const request = parseEvent(checkRequest, event);
    const call = { remainingMs: () => context.getRemainingTimeInMillis() };
    return runCheck(request as CheckRequest, ports(), call);
  });
}
