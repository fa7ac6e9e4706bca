import { tokenHandler } from '../lib/platform/step-handler.ts';
import { requestApproval } from '../lib/steps/request-approval.ts';

/** State RequestApproval: stores the token that people answer. */
export const handler = tokenHandler(requestApproval);
