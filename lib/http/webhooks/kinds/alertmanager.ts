import { z } from 'zod';
import { type WebhookKind, webhookBase } from '../webhook.ts';

/** Alerts of Prometheus, as Alertmanager tells of them. */
export const alertmanagerKind: WebhookKind = {
  kind: 'alertmanager',
  schema: z.strictObject({ kind: z.literal('alertmanager'), ...webhookBase }),
  load: async () => (await import('./alertmanager/receive.ts')).alertmanagerWebhook,
};
