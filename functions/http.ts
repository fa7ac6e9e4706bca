import { httpHandler } from '../lib/platform/http-handler.ts';
import { createOperations } from '../lib/steps/operations/index.ts';

/** The HTTP API. */
export const handler = httpHandler(createOperations);
