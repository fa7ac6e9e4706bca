import { z } from 'zod';
import { type WebhookKind, webhookBase } from '../webhook.ts';

/** `webhooks: [{ kind: artifact }]` of a manifest. */
export const artifactWebhookSchema = z.strictObject({
  kind: z.literal('artifact'),
  ...webhookBase,
  uriPrefix: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      "What artifacts' URIs begin with, such as `s3://builds/storefront/`; anything if absent",
    ),
});

/** Artifacts that somebody tells of who signs it themselves, such as a CI job. */
export const artifactKind: WebhookKind = {
  kind: 'artifact',
  schema: artifactWebhookSchema,
  load: async () => (await import('./artifact/receive.ts')).artifactWebhook,
};
