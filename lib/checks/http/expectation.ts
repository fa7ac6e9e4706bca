import { z } from 'zod';
import { duration } from '../../release/quantities.ts';
import { bodyExpectation } from '../body-expectation.ts';
import { answerExpectation } from '../written-requests.ts';

/** What an answer must be like, as the manifest's `expect` has it. */
export const expectation = answerExpectation.extend({
  json: bodyExpectation.json.describe(
    'Path to the value it must have, for instance products.0.name or products[*].currency',
  ),
  schema: z
    .record(z.string(), z.json())
    .optional()
    .describe('A JSON schema that the body must be valid against'),
  headers: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe('Header to what it must contain'),
  maxLatency: duration
    .optional()
    .describe('Until the whole body is there; the median of all answers is compared'),
});
export type Expectation = z.output<typeof expectation>;
