import { createFakeCalls, type FakeCalls, type Input } from './sdk-client.ts';

export type { Input } from './sdk-client.ts';

/** Does what an API call does. */
export type Operation = (input: Input) => unknown;

/** What was asked of a client of the SDK, and faults to inject. */
export type FakeClient = FakeCalls;

/** The one call of the SDK's client. */
export type Send = ReturnType<ReturnType<typeof createFakeCalls>['createSend']>;

/** An error as the SDK throws it. */
export function awsError(name: string, message: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

/** Statuses of refusals that every service has in common. */
const statusOf: Record<string, number> = {
  AccessDenied: 403,
  AccessDeniedException: 403,
  ThrottlingException: 400,
  ServerException: 500,
  InternalFailure: 500,
};

/**
 * A client of one service and its faults.
 * @param provider For messages. @param operations By their names, such as `GetAlias`.
 */
export function createFakeClient(
  provider: string,
  operations: Record<string, Operation>,
): { send: Send; faults: FakeClient } {
  const errorOf = (name: string, message: string) => awsError(name, message, statusOf[name]);
  const { createSend, ...faults } = createFakeCalls(provider, errorOf);
  return { send: createSend(operations), faults };
}
