import { z } from 'zod';
import { mappingSchema } from '../mapping.ts';
import { type WebhookKind, webhookBase } from '../webhook.ts';
import { checkEvent } from './event-keys.ts';

/** What each event has to fill templates with, and the keys that narrow it. */
export const githubEvents = {
  release: { placeholders: ['tag', 'repository', 'name'], keys: ['tagPattern', 'prereleases'] },
  registry_package: {
    placeholders: ['tag', 'digest', 'version', 'package', 'repository', 'name'],
    keys: ['tagPattern', 'package'],
  },
  workflow_run: {
    placeholders: [
      'sha',
      'shortSha',
      'branch',
      'runNumber',
      'runId',
      'runAttempt',
      'repository',
      'name',
    ],
    keys: ['branch', 'workflow'],
  },
} as const;

/** `webhooks: [{ kind: github }]` of a manifest. */
export const githubSchema = z
  .strictObject({
    kind: z.literal('github'),
    ...webhookBase,
    repository: z
      .string()
      .regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'needs owner/name')
      .describe('The repository, as `owner/name`'),
    event: z
      .enum(['release', 'registry_package', 'workflow_run'])
      .describe('What brings an artifact'),
    tagPattern: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('Tags that are releases, `*` for anything; all if absent (not for workflow_run)'),
    prereleases: z
      .boolean()
      .optional()
      .describe('Whether pre-releases count too; false if absent (release)'),
    package: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('The name of the package; any if absent (registry_package)'),
    workflow: z
      .string()
      .regex(/^[\w.-]{1,100}\.ya?ml$/, "needs a workflow's file name, such as build.yml")
      .optional()
      .describe('The file of the workflow, such as `build.yml`; any if absent (workflow_run)'),
    branch: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The branch, `*` for anything; the default branch if absent (workflow_run)'),
    artifact: mappingSchema.describe('What is released'),
  })
  .superRefine(
    checkEvent(githubEvents, ['tagPattern', 'prereleases', 'package', 'workflow', 'branch']),
  );

/** Releases, packages and workflow runs of GitHub. */
export const githubKind: WebhookKind = {
  kind: 'github',
  schema: githubSchema,
  load: async () => (await import('./github/receive.ts')).githubWebhook,
};
