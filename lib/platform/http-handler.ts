import { handle } from 'hono/aws-lambda';
import { createApp } from '../http/app.ts';
import type { Operations } from '../http/operations.ts';
import type { Ports } from '../steps/ports.ts';
import { type GatewayEvent, gatewayConnection, withoutAwsPrefix } from './connections.ts';
import { readConsole } from './console.ts';
import { type ContainerDeps, container, type Handler, withLogging } from './lambda-container.ts';
import { version } from './version.ts';

type LambdaApp = ReturnType<typeof handle>;
type Answer = Awaited<ReturnType<LambdaApp>>;
type CreateOperations = (ports: Ports) => Operations | Promise<Operations>;
type LambdaDeps = Omit<ContainerDeps, 'machineOf'>;

/** The Lambda handler of the HTTP API (payload 2.0); made with the first request. */
export function httpHandler(
  createOperations: CreateOperations,
  deps: LambdaDeps = container,
): Handler<Answer> {
  let made: Promise<LambdaApp> | undefined;
  return withLogging(deps.logger, async (event, context) => {
    made ??= createLambdaApp(createOperations, deps);
    const app = await made;
    const request = withoutAwsPrefix(event as GatewayEvent);
    return app(request as Parameters<LambdaApp>[0], context as unknown as Parameters<LambdaApp>[1]);
  });
}

async function createLambdaApp(
  createOperations: CreateOperations,
  deps: LambdaDeps,
): Promise<LambdaApp> {
  const ports = deps.ports();
  const [operations, { createAwsIdentity }] = await Promise.all([
    createOperations(ports),
    import('./aws-identity.ts'),
  ]);
  const { identity, access } = createAwsIdentity(ports, deps);
  return handle(
    createApp({
      operations: { ...operations, runCheck: (request) => deps.runCheck(request) },
      ...identity,
      connectionOf: gatewayConnection,
      log: ports.log,
      links: {
        clock: ports.clock,
        get secrets() {
          return deps.secrets();
        },
        get ledger() {
          return ports.ledger;
        },
      },
      version,
      console: readConsole,
      // Loaded when somebody asks for it: functions know the manifest, not its description.
      manifestSchema: async () => (await import('./manifest-schema.ts')).manifestJsonSchema(),
      webhooks: {
        clock: ports.clock,
        fetch,
        access,
        get secrets() {
          return deps.secrets();
        },
        get ledger() {
          return ports.ledger;
        },
      },
    }),
  );
}
