import { stepHandler } from '../lib/platform/step-handler.ts';
import { provision } from '../lib/steps/provision.ts';

/** State Provision: makes green beside blue. */
export const handler = stepHandler(provision);
