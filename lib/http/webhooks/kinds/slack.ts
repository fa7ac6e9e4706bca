import { z } from 'zod';
import { type WebhookKind, webhookBase } from '../webhook.ts';

/** Buttons that people press in Slack. */
export const slackKind: WebhookKind = {
  kind: 'slack',
  schema: z.strictObject({ kind: z.literal('slack'), ...webhookBase }),
  load: async () => (await import('./slack/receive.ts')).slackWebhook,
};
