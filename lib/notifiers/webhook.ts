import { z } from 'zod';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import type { NotifierKind } from './index.ts';
import { outboundOf } from './post-json.ts';
import { wantedEventsSchema } from './wanted-events.ts';

/** `notify: [{ kind: webhook, url, signingSecret }]` of a manifest. */
export const webhookSchema = z.strictObject({
  kind: z.literal('webhook'),
  url: z
    .string()
    .max(2048)
    .refine(isAllowedUrl, {
      error:
        'needs an https URL without a name or password in it; http is for this machine only (127.0.0.1, [::1], localhost)',
    })
    .describe('Where events are posted'),
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

const loopback: ReadonlySet<string> = new Set(['localhost', '[::1]']);

function isAllowedUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  if (url.protocol === 'https:') return true;
  const isLocal = loopback.has(url.hostname) || /^127(?:\.\d{1,3}){3}$/.test(url.hostname);
  return url.protocol === 'http:' && isLocal;
}
