import { z } from 'zod';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import type { NotifierKind } from './index.ts';

/** `notify: [{ kind: pagerduty, routingKeySecret }]` of a manifest. */
export const pagerDutySchema = z.strictObject({
  kind: z.literal('pagerduty'),
  routingKeySecret: z
    .string()
    .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
    .refine(isForOthers, notForOthers)
    .describe('The name of the secret that holds the integration key of a PagerDuty service'),
  region: z
    .enum(['us', 'eu'])
    .default('us')
    .describe('Where the account is: eu where its address ends in .eu.pagerduty.com'),
});

/** Its part of a manifest, as validated. */
export type PagerDutyConfig = z.output<typeof pagerDutySchema>;

/** Calls a person when traffic is stuck or data at risk, and shows every change of traffic beside it. */
export const pagerDutyKind: NotifierKind = {
  kind: 'pagerduty',
  schema: pagerDutySchema,
  async create(config, deps) {
    const parsed = pagerDutySchema.parse(config);
    const { createPagerDutyNotifier } = await import('./pagerduty/notifier.ts');
    return createPagerDutyNotifier(parsed, deps);
  },
};
