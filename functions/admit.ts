import { admitHandler } from '../lib/platform/step-handler.ts';
import { admit } from '../lib/steps/admit.ts';

/** State Admit: takes the service's lock and plans the release. */
export const handler = admitHandler(admit);
