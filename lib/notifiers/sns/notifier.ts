import { type MessageAttributeValue, PublishCommand } from '@aws-sdk/client-sns';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { isPublic, outcomeOf, type ReleaseEvent } from '../../release/events.ts';
import type { AdapterConfig } from '../../release/json.ts';
import { eventJson } from '../event-json.ts';
import type { Notifier } from '../notifier.ts';
import { type SnsNotifierDeps, snsSchema, topicArn } from '../sns.ts';

/** An SNS client gets this long, its own repetitions included. */
const timeoutMs = 5000;
/** SNS takes subjects of less than 100 characters, and e-mail is safest with ASCII. */
const longestSubject = 99;

/**
 * Publishes every public event, and nothing of others: a subject for people, the event's JSON as
 * message, and the attributes `type`, `service` and, where the release ends, `outcome`. See
 * sns/latest/api/API_Publish.html.
 * @throws ZodError when `config` is not valid against {@link snsSchema}.
 * @throws ConfigInvalidError when a name can't be completed because the platform's ARN is none.
 */
export function createSnsNotifier(
  config: AdapterConfig,
  { client, eventsTopicArn, log }: SnsNotifierDeps,
): Notifier {
  const TopicArn = toTopicArn(snsSchema.parse(config).topic, eventsTopicArn);
  return {
    async send(event) {
      if (!isPublic(event)) return;
      try {
        const command = new PublishCommand({
          TopicArn,
          Subject: subjectOf(event),
          Message: eventJson(event),
          MessageAttributes: attributesOf(event),
        });
        await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        const reason = `${name}: ${messageOf(error)}`;
        log.warn('SNS did not take an event', { event: event.id, topic: TopicArn, reason });
      }
    },
  };
}

function toTopicArn(topic: string, eventsTopicArn: string): string {
  if (topicArn.test(topic)) return topic;
  if (!topicArn.test(eventsTopicArn)) {
    const message = `"${eventsTopicArn}" is no SNS topic's ARN; topic "${topic}" can't be found beside it`;
    throw new VerdigrisError('ConfigInvalidError', message);
  }
  return [...eventsTopicArn.split(':').slice(0, -1), topic].join(':');
}

function subjectOf({ service, type, summary }: ReleaseEvent): string {
  const text = `${service} ${type}: ${summary}`.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const ascii = text.replaceAll(/\s+/g, ' ').replaceAll(/[^\x20-\x7e]/gu, '?');
  return ascii.length <= longestSubject ? ascii : `${ascii.slice(0, longestSubject - 3)}...`;
}

function attributesOf(event: ReleaseEvent): Record<string, MessageAttributeValue> {
  const { type, service } = event;
  const outcome = outcomeOf(event);
  return {
    type: { DataType: 'String', StringValue: type },
    service: { DataType: 'String', StringValue: service },
    ...(outcome ? { outcome: { DataType: 'String', StringValue: outcome } } : {}),
  };
}
