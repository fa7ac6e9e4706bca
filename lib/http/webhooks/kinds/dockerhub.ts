import { z } from 'zod';
import { type WebhookKind, webhookBase } from '../webhook.ts';
import { checkPlaceholders, pushKeys } from './event-keys.ts';

/** What a push has to fill templates with. */
export const dockerhubPlaceholders = ['tag', 'repository', 'name', 'pushedAt'] as const;

/** `webhooks: [{ kind: dockerhub }]` of a manifest. */
export const dockerhubSchema = z
  .strictObject({
    kind: z.literal('dockerhub'),
    ...webhookBase,
    repository: z
      .string()
      .regex(/^[a-z0-9_-]{2,30}\/[a-z0-9._-]{2,255}$/, 'needs namespace/name')
      .describe('The repository, as `namespace/name`'),
    ...pushKeys,
  })
  .superRefine(checkPlaceholders(dockerhubPlaceholders, 'a push'));

/** Pushes to Docker Hub. */
export const dockerhubKind: WebhookKind = {
  kind: 'dockerhub',
  schema: dockerhubSchema,
  load: async () => (await import('./dockerhub/receive.ts')).dockerhubWebhook,
};
