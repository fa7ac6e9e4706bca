import { z } from 'zod';
import { type WebhookKind, webhookBase } from '../webhook.ts';

/** What an action of PagerDuty may do, by the action's id. */
const actions = z
  .record(
    z.string().regex(/^[A-Z0-9]{6,40}$/, "needs an automation action's id"),
    z.enum(['rollback', 'continue'], { error: 'needs rollback or continue' }),
  )
  .optional()
  .describe('Automation actions that roll a release back, or end its hold, by their ids');

/** What people do about incidents in PagerDuty. */
export const pagerDutyKind: WebhookKind = {
  kind: 'pagerduty',
  schema: z.strictObject({ kind: z.literal('pagerduty'), ...webhookBase, actions }),
  load: async () => (await import('./pagerduty/receive.ts')).pagerDutyWebhook,
};
