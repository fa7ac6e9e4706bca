import { stepHandler } from '../lib/platform/step-handler.ts';
import { reportRollbackFailed } from '../lib/steps/report-rollback-failed.ts';

/** State ReportRollbackFailed: says that a person has to act now. */
export const handler = stepHandler(reportRollbackFailed);
