import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { z } from 'zod';
import { awsOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { NotifierKind } from './index.ts';

/** `notify: [{ kind: eventbridge }]` of a manifest. */
export const eventBridgeSchema = z.strictObject({
  kind: z.literal('eventbridge'),
  bus: z
    .string()
    .regex(
      /^(arn:[\w-]+:events:[a-z0-9-]+:\d{12}:event-bus\/)?[/.\w-]{1,256}$/,
      'needs the name or the ARN of an event bus',
    )
    .optional()
    .describe("An event bus's name or ARN; the platform's own if absent"),
});

/** What the notifier works with. */
export interface EventBridgeNotifierDeps {
  client: Pick<EventBridgeClient, 'send'>;
  /** The bus where the manifest names none. */
  eventBus: string;
  log: Logger;
}

/** One event of source `verdigris` per public event, on an EventBridge bus. */
export const eventBridgeKind: NotifierKind = {
  kind: 'eventbridge',
  schema: eventBridgeSchema,
  async create(config, { eventBridge, eventBus = 'default', log }) {
    if (!eventBridge) throw awsOnly('notifier', 'eventbridge');
    const { createEventBridgeNotifier } = await import('./eventbridge/notifier.ts');
    return createEventBridgeNotifier(config, { client: eventBridge, eventBus, log });
  },
};
