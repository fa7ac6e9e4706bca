import { z } from 'zod';
import { mappingSchema } from '../mapping.ts';
import { type WebhookKind, webhookBase } from '../webhook.ts';
import { checkEvent } from './event-keys.ts';

/** What each event has to fill templates with, and the keys that narrow it. */
export const gitlabEvents = {
  release: { placeholders: ['tag', 'sha', 'shortSha', 'repository'], keys: ['tagPattern'] },
  tag_push: { placeholders: ['tag', 'sha', 'shortSha', 'repository'], keys: ['tagPattern'] },
  pipeline: {
    placeholders: ['sha', 'shortSha', 'branch', 'pipelineId', 'repository'],
    keys: ['branch'],
  },
} as const;

/** `webhooks: [{ kind: gitlab }]` of a manifest. */
export const gitlabSchema = z
  .strictObject({
    kind: z.literal('gitlab'),
    ...webhookBase,
    repository: z
      .string()
      .regex(/^[\w.-]+(?:\/[\w.-]+)+$/, "needs a project's path with its groups: group/project")
      .max(255)
      .describe("The project's path with its groups: `group/project`"),
    event: z.enum(['release', 'tag_push', 'pipeline']).describe('What brings an artifact'),
    tagPattern: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('Tags that are releases, `*` for anything; all if absent (not for pipeline)'),
    branch: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The branch, `*` for anything; the default branch if absent (pipeline)'),
    artifact: mappingSchema.describe('What is released'),
  })
  .superRefine(checkEvent(gitlabEvents, ['tagPattern', 'branch']));

/** Releases, tags and pipelines of GitLab. */
export const gitlabKind: WebhookKind = {
  kind: 'gitlab',
  schema: gitlabSchema,
  load: async () => (await import('./gitlab/receive.ts')).gitlabWebhook,
};
