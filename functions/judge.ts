import { stepHandler } from '../lib/platform/step-handler.ts';
import { judge } from '../lib/steps/judge.ts';

/** State Judge: compares green with blue. */
export const handler = stepHandler(judge);
