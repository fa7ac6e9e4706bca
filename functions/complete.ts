import { stepHandler } from '../lib/platform/step-handler.ts';
import { complete } from '../lib/steps/complete.ts';

/** State Complete: ends a release that went well. */
export const handler = stepHandler(complete);
