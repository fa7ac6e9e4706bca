import { handle } from 'hono/aws-lambda';
import { createApp } from '../http/app.ts';
import type { Operations } from '../http/operations.ts';
import type { Ports } from '../steps/ports.ts';
import { readConsole } from './console.ts';
import { type ContainerDeps, container, type Handler, withLogging } from './lambda-container.ts';
import { createRotatingAuth } from './rotating-auth.ts';
import { version } from './version.ts';

type LambdaApp = ReturnType<typeof handle>;
type Answer = Awaited<ReturnType<LambdaApp>>;

/** The Lambda handler of the HTTP API (payload 2.0); made with the first request. */
export function httpHandler(
  createOperations: (ports: Ports) => Operations,
  { logger, ports, readToken }: Omit<ContainerDeps, 'machineOf'> = container,
): Handler<Answer> {
  let app: LambdaApp | undefined;
  return withLogging(logger, async (event, context) => {
    app ??= createLambdaApp(createOperations, ports(), readToken);
    return app(event as Parameters<LambdaApp>[0], context as unknown as Parameters<LambdaApp>[1]);
  });
}

function createLambdaApp(
  createOperations: (ports: Ports) => Operations,
  ports: Ports,
  readToken: () => Promise<string>,
): LambdaApp {
  const { clock, log } = ports;
  return handle(
    createApp({
      operations: createOperations(ports),
      authenticate: createRotatingAuth({ readToken, clock, log }),
      log,
      version,
      console: readConsole,
      // Loaded when somebody asks for it: functions know the manifest, not its description.
      manifestSchema: async () => (await import('./manifest-schema.ts')).manifestJsonSchema(),
    }),
  );
}
