import { retireHandler } from '../lib/platform/step-handler.ts';
import { retire } from '../lib/steps/retire.ts';

/** State Retire: removes an environment that nobody needs any more. */
export const handler = retireHandler(retire);
