import { z } from 'zod';
import { type WebhookKind, webhookBase } from '../webhook.ts';

/** Alerts of Grafana. */
export const grafanaKind: WebhookKind = {
  kind: 'grafana',
  schema: z.strictObject({ kind: z.literal('grafana'), ...webhookBase }),
  load: async () => (await import('./grafana/receive.ts')).grafanaWebhook,
};
