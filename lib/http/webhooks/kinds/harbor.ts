import { z } from 'zod';
import { type WebhookKind, webhookBase } from '../webhook.ts';
import { checkPlaceholders, pushKeys } from './event-keys.ts';

/** What a push has to fill templates with. */
export const harborPlaceholders = ['tag', 'digest', 'repository', 'name'] as const;

/** `webhooks: [{ kind: harbor }]` of a manifest. */
export const harborSchema = z
  .strictObject({
    kind: z.literal('harbor'),
    ...webhookBase,
    repository: z
      .string()
      .regex(/^[a-z0-9._-]+(?:\/[a-z0-9._-]+)+$/, 'needs project/name')
      .max(255)
      .describe('The repository, as `project/name`'),
    ...pushKeys,
  })
  .superRefine(checkPlaceholders(harborPlaceholders, 'a push'));

/** Pushes to Harbor. */
export const harborKind: WebhookKind = {
  kind: 'harbor',
  schema: harborSchema,
  load: async () => (await import('./harbor/receive.ts')).harborWebhook,
};
