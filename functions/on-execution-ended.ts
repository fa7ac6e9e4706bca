import { executionHandler } from '../lib/platform/triggers.ts';
import { onExecutionEnded } from '../lib/steps/operations/on-execution-ended.ts';

/** An execution is over: rolls back what it stranded. */
export const handler = executionHandler(onExecutionEnded);
