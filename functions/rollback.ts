import { stepHandler } from '../lib/platform/step-handler.ts';
import { rollback } from '../lib/steps/rollback.ts';

/** State Rollback: puts all traffic back on blue. */
export const handler = stepHandler(rollback);
