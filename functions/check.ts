import { checkHandler } from '../lib/platform/check-function.ts';
import { runServiceCheck } from '../lib/steps/operations/run-service-check.ts';

/** A check that somebody asks for: `verdigris check` and `verdigris preflight`. */
export const handler = checkHandler(runServiceCheck);
