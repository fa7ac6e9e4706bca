import { z } from 'zod';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import type { NotifierKind } from './index.ts';
import { outboundOf } from './post-json.ts';
import { wantedEventsSchema } from './wanted-events.ts';

/** `notify: [{ kind: teams, urlSecret }]` of a manifest. */
export const teamsSchema = z.strictObject({
  kind: z.literal('teams'),
  urlSecret: z
    .string()
    .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
    .refine(isForOthers, notForOthers)
    .describe('The name of the secret that holds the URL of a Teams workflow'),
  events: wantedEventsSchema('admissions, questions and how releases end'),
});

/** Its part of a manifest, as validated. */
export type TeamsConfig = z.output<typeof teamsSchema>;

/** A card per event in a Teams chat or channel, by a workflow's webhook. */
export const teamsKind: NotifierKind = {
  kind: 'teams',
  schema: teamsSchema,
  async create(config, deps) {
    const parsed = teamsSchema.parse(config);
    const { createTeamsNotifier } = await import('./teams/notifier.ts');
    const { memory, consoleUrl, log } = deps;
    return createTeamsNotifier(parsed, { ...outboundOf('teams', deps), memory, consoleUrl, log });
  },
};
