import type { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { awsOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { NotifierKind } from './index.ts';

const topicName = /^[\w-]{1,256}$/;
/** A standard topic's. */
export const topicArn = /^arn:[\w-]+:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;

/** `notify: [{ kind: sns, topic }]` of a manifest. */
export const snsSchema = z.strictObject({
  kind: z.literal('sns'),
  topic: z
    .string()
    .refine((topic) => topicName.test(topic) || topicArn.test(topic), {
      error: 'needs the name or the ARN of a standard SNS topic (not FIFO)',
    })
    .describe("A topic's name, in the conductor's own account and region, or its ARN"),
});

/** What the notifier works with. */
export interface SnsNotifierDeps {
  client: Pick<SNSClient, 'send'>;
  /** ARN of the platform's own topic: a topic that is only named lies beside it. */
  eventsTopicArn: string;
  log: Logger;
}

/** One message per public event to an SNS topic. */
export const snsKind: NotifierKind = {
  kind: 'sns',
  schema: snsSchema,
  async create(config, { sns, eventsTopicArn, log }) {
    if (!sns || !eventsTopicArn) throw awsOnly('notifier', 'sns');
    const { createSnsNotifier } = await import('./sns/notifier.ts');
    return createSnsNotifier(config, { client: sns, eventsTopicArn, log });
  },
};
