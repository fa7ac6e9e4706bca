import { handle } from 'hono/aws-lambda';
import { createApp } from '../http/app.ts';
import type { Operations } from '../http/operations.ts';
import type { Ports } from '../steps/ports.ts';
import { readConsole } from './console.ts';
import { type ContainerDeps, container, type Handler, withLogging } from './lambda-container.ts';
import { manifestJsonSchema } from './manifest-schema.ts';
import { createRotatingAuth } from './rotating-auth.ts';
import { version } from './version.ts';

type LambdaApp = ReturnType<typeof handle>;
type Answer = Awaited<ReturnType<LambdaApp>>;

/** The Lambda handler of the HTTP API (payload 2.0); made with the first request. */
export function httpHandler(
  createOperations: (ports: Ports) => Operations,
  { logger, ports, readToken, secrets }: Omit<ContainerDeps, 'machineOf'> = container,
): Handler<Answer> {
  let app: LambdaApp | undefined;
  return withLogging(logger, async (event, context) => {
    app ??= createLambdaApp(createOperations, ports(), { readToken, secrets });
    return app(event as Parameters<LambdaApp>[0], context as unknown as Parameters<LambdaApp>[1]);
  });
}

function createLambdaApp(
  createOperations: (ports: Ports) => Operations,
  ports: Ports,
  { readToken, secrets }: Pick<ContainerDeps, 'readToken' | 'secrets'>,
): LambdaApp {
  const { clock, log } = ports;
  return handle(
    createApp({
      operations: createOperations(ports),
      authenticate: createRotatingAuth({ readToken, clock, log }),
      links: {
        clock,
        get secrets() {
          return secrets();
        },
        get ledger() {
          return ports.ledger;
        },
      },
      log,
      version,
      console: readConsole,
      get manifestSchema() {
        return manifestJsonSchema();
      },
      webhooks: {
        clock,
        fetch,
        get secrets() {
          return secrets();
        },
        get ledger() {
          return ports.ledger;
        },
      },
    }),
  );
}
