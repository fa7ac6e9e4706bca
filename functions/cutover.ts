import { stepHandler } from '../lib/platform/step-handler.ts';
import { cutover } from '../lib/steps/cutover.ts';

/** State Cutover: moves traffic by one step. */
export const handler = stepHandler(cutover);
