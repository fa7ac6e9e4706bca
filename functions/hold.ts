import { stepHandler } from '../lib/platform/step-handler.ts';
import { hold } from '../lib/steps/hold.ts';

/** State Hold: freezes traffic where it is and calls a person. */
export const handler = stepHandler(hold);
