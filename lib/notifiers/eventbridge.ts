import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { z } from 'zod';
import { messageOf } from '../release/errors.ts';
import { isPublic, type ReleaseEvent } from '../release/events.ts';
import type { AdapterConfig } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import { eventJson } from './event-json.ts';
import type { NotifierKind } from './index.ts';
import type { Notifier } from './notifier.ts';

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
  create(config, { eventBridge, eventBus = 'default', log }) {
    if (!eventBridge) throw awsOnly('notifier', 'eventbridge');
    return createEventBridgeNotifier(config, { client: eventBridge, eventBus, log });
  },
};

/** What rules match on. */
export const eventSource = 'verdigris';
/** An EventBridge client gets this long, its own repetitions included. */
const timeoutMs = 5000;

/**
 * Puts every public event on the bus, and nothing of others: source `verdigris`, detail type the
 * event's type, detail the event. See eventbridge/latest/APIReference/API_PutEvents.html: an event
 * that was not taken is a failed entry of an answer that is itself a success.
 * @throws ZodError when `config` is not valid against {@link eventBridgeSchema}.
 */
export function createEventBridgeNotifier(
  config: AdapterConfig,
  { client, eventBus, log }: EventBridgeNotifierDeps,
): Notifier {
  const bus = eventBridgeSchema.parse(config).bus ?? eventBus;
  const warn = (event: ReleaseEvent, reason: string) =>
    log.warn('EventBridge did not take an event', { event: event.id, bus, reason });
  return {
    async send(event) {
      if (!isPublic(event)) return;
      try {
        const answer = await client.send(toCommand(event, bus), {
          abortSignal: AbortSignal.timeout(timeoutMs),
        });
        if ((answer.FailedEntryCount ?? 0) === 0) return;
        const [entry] = answer.Entries ?? [];
        warn(event, `${entry?.ErrorCode}: ${entry?.ErrorMessage}`);
      } catch (error) {
        warn(event, `${error instanceof Error ? error.name : ''}: ${messageOf(error)}`);
      }
    },
  };
}

function toCommand(event: ReleaseEvent, bus: string): PutEventsCommand {
  return new PutEventsCommand({
    Entries: [
      {
        EventBusName: bus,
        Source: eventSource,
        DetailType: event.type,
        Detail: eventJson(event),
        Time: new Date(event.at),
        Resources: [],
      },
    ],
  });
}
