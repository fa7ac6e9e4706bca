import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import { type Machine, machines } from '../engine/engine.ts';
import type { CheckRequest, CheckRun } from '../release/check-run.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { Logger as Log } from '../release/logger.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Ports } from '../steps/ports.ts';
import {
  createAwsPorts,
  createSecretsOpener,
  createTokenReader,
  readCheckFunction,
  readStateMachineArns,
} from './aws.ts';

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

/** What only some handlers need. */
export interface ContainerDeps extends HandlerDeps {
  /** Which of the conductor's own machines has this ARN, or null. */
  machineOf(stateMachineArn: string): Machine | null;
  /** The HTTP API's token as it is now. */
  readToken(): Promise<string>;
  /** This stage's secrets. */
  secrets(): Secrets;
  /** Has a check run where that may be done; see lib/platform/check-caller.ts. */
  runCheck(request: CheckRequest): Promise<CheckRun>;
  /** The function's environment. */
  variables: Readonly<Record<string, string | undefined>>;
}

/** This container's: made of the function's environment variables. */
export const container: ContainerDeps = createContainer();

function createContainer(): ContainerDeps {
  const logger = new Logger({ serviceName: 'verdigris' });
  const { env } = process;
  const secrets = createSecretsOpener(env);
  let ports: Ports | undefined;
  let callCheck: ContainerDeps['runCheck'] | undefined;
  return {
    logger,
    ports() {
      ports ??= createAwsPorts(env, toLog(logger), secrets);
      return ports;
    },
    machineOf(arn) {
      const arns = readStateMachineArns(env);
      return machines.find((machine) => arns[machine] === arn) ?? null;
    },
    readToken: createTokenReader(env),
    secrets,
    async runCheck(request) {
      const { createCheckCaller } = await import('./check-caller.ts');
      callCheck ??= createCheckCaller(readCheckFunction(env));
      return callCheck(request);
    },
    variables: env,
  };
}

/** The logger as the steps know it. */
export function toLog(logger: Logger): Log {
  return {
    info: (message, facts = {}) => logger.info(message, facts),
    warn: (message, facts = {}) => logger.warn(message, facts),
    error: (message, facts = {}) => logger.error(message, facts),
  };
}

/** A handler whose log lines carry the call's context, and that logs what it throws. */
export function withLogging<Output>(logger: Logger, handler: Handler<Output>): Handler<Output> {
  return middy(handler)
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .onError(({ error }) => logError(logger, error));
}

/** @throws RequestInvalidError with every reason. */
export function parseEvent<Event extends z.ZodType>(
  schema: Event,
  event: unknown,
): z.output<Event> {
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
