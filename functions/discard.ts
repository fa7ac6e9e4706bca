import { stepHandler } from '../lib/platform/step-handler.ts';
import { discard } from '../lib/steps/discard.ts';

/** State Discard: removes green before it got traffic. */
export const handler = stepHandler(discard);
