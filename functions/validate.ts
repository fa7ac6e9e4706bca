import { stepHandler } from '../lib/platform/step-handler.ts';
import { validate } from '../lib/steps/validate.ts';

/** State Validate: runs the checks on green. */
export const handler = stepHandler(validate);
