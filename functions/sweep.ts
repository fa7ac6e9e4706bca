import { sweepHandler } from '../lib/platform/triggers.ts';
import { lookAtBudgets } from '../lib/steps/operations/look-at-budgets.ts';
import { sweepStranded } from '../lib/steps/operations/sweep-stranded.ts';

/** Every few minutes: rolls back what stands still although no execution works on it, and counts. */
export const handler = sweepHandler(async (graceMs, ports) => {
  await sweepStranded(graceMs, ports);
  await lookAtBudgets(ports);
});
