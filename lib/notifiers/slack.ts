import { z } from 'zod';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import type { NotifierKind } from './index.ts';
import { wantedEventsSchema } from './wanted-events.ts';

/** `notify: [{ kind: slack, tokenSecret, channel }]` of a manifest. */
export const slackSchema = z.strictObject({
  kind: z.literal('slack'),
  tokenSecret: z
    .string()
    .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
    .refine(isForOthers, notForOthers)
    .describe("The name of the secret that holds the app's bot token (xoxb-…)"),
  channel: z
    .string()
    .regex(
      /^(?:[CGD][A-Z0-9]{6,20}|#[\p{Ll}\p{Lo}\p{N}_-]{1,80})$/u,
      "needs a channel's id such as C024BE91L, or its name such as #releases",
    )
    .describe("A channel's id (C024BE91L), or the name of a public one (#releases)"),
  events: wantedEventsSchema('all of them'),
});

/** Its part of a manifest, as validated. */
export type SlackConfig = z.output<typeof slackSchema>;

/** A thread per release in a Slack channel, with buttons where a release waits for people. */
export const slackKind: NotifierKind = {
  kind: 'slack',
  schema: slackSchema,
  async create(config, deps) {
    const parsed = slackSchema.parse(config);
    const { createSlackNotifier } = await import('./slack/notifier.ts');
    return createSlackNotifier(parsed, deps);
  },
};
