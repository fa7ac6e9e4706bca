import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { messageOf } from '../../release/errors.ts';
import { isPublic, type ReleaseEvent } from '../../release/events.ts';
import type { AdapterConfig } from '../../release/json.ts';
import { eventJson } from '../event-json.ts';
import { type EventBridgeNotifierDeps, eventBridgeSchema } from '../eventbridge.ts';
import type { Notifier } from '../notifier.ts';

/** What rules match on. */
const eventSource = 'verdigris';
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
