import { httpHandler } from '../lib/platform/http-handler.ts';

/** The HTTP API. What people can ask for is loaded with the first request. */
export const handler = httpHandler(async (ports) => {
  const { createOperations } = await import('../lib/steps/operations/index.ts');
  return createOperations(ports);
});
