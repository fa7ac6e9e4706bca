import { z } from 'zod';
import { outboundUrl } from '../release/outbound-url.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import type { NotifierKind } from './index.ts';
import { outboundOf } from './post-json.ts';
import { wantedEventsSchema } from './wanted-events.ts';

/** `notify: [{ kind: webhook, url, signingSecret }]` of a manifest. */
export const webhookSchema = z.strictObject({
  kind: z.literal('webhook'),
  url: outboundUrl.describe('Where events are posted'),
  signingSecret: z
    .string()
    .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
    .refine(isForOthers, notForOthers)
    .describe('The name of the secret with which they are signed'),
  events: wantedEventsSchema('all of them'),
});

/** Its part of a manifest, as validated. */
export type WebhookConfig = z.output<typeof webhookSchema>;

/** Every event as signed JSON, for programs. */
export const webhookKind: NotifierKind = {
  kind: 'webhook',
  schema: webhookSchema,
  async create(config, deps) {
    const parsed = webhookSchema.parse(config);
    const { createWebhookNotifier } = await import('./webhook/notifier.ts');
    const { memory, consoleUrl, log } = deps;
    return createWebhookNotifier(parsed, {
      ...outboundOf('webhook', deps),
      memory,
      consoleUrl,
      log,
    });
  },
};
