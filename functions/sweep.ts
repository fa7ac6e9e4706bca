import { sweepHandler } from '../lib/platform/triggers.ts';
import { sweepStranded } from '../lib/steps/operations/sweep-stranded.ts';

/** Every few minutes: rolls back what stands still although no execution works on it. */
export const handler = sweepHandler(sweepStranded);
