import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { z } from 'zod';
import { awsOnly } from '../release/kind.ts';
import type { NotifierKind } from './index.ts';
import { wantedEventsSchema } from './wanted-events.ts';

/** SES's client, as far as it is needed. */
export type MailApi = Pick<SESv2Client, 'send'>;

/** What is an address here is one in every header: no name beside it, nothing quoted, ASCII only. */
const plainAddress =
  /^[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

const address = z.string().refine((text) => text.length <= 254 && plainAddress.test(text), {
  error: 'needs a plain mail address, such as releases@example.com',
});

/** `notify: [{ kind: email, from, to, approvers }]` of a manifest. */
export const emailSchema = z
  .strictObject({
    kind: z.literal('email'),
    from: address.describe('The sender: an address of an identity that SES has verified'),
    to: z.array(address).max(20).default([]).describe('Who is told'),
    approvers: z
      .array(address)
      .max(20)
      .default([])
      .describe('Who is asked: each gets a mail of their own, with links that approve and reject'),
    events: wantedEventsSchema('questions and how releases end'),
  })
  .refine(({ to, approvers }) => to.length + approvers.length > 0, {
    path: ['to'],
    error: 'is missing, and so is approvers; name at least one of them',
  });

/** Its part of a manifest, as validated. */
export type EmailConfig = z.output<typeof emailSchema>;

/** Mail by SES: one conversation per release, and to each approver links of their own. */
export const emailKind: NotifierKind = {
  kind: 'email',
  schema: emailSchema,
  async create(config, { ses, memory, approvalLinks, consoleUrl, log }) {
    if (!ses) throw awsOnly('notifier', 'email');
    const parsed = emailSchema.parse(config);
    const { createEmailNotifier } = await import('./email/notifier.ts');
    return createEmailNotifier(parsed, { ses, memory, approvalLinks, consoleUrl, log });
  },
};
