import { z } from 'zod';
import { isoTime } from '../../release/clock.ts';

/** An alarm that changed its state, as CloudWatch tells it. */
export interface AlarmChange {
  name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  state: string;
  reason: string;
  /** ISO 8601. */
  since: string;
}

/** AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html, of every type of alarm. */
const stateChange = z
  .looseObject({
    source: z.literal('aws.cloudwatch'),
    'detail-type': z.literal('CloudWatch Alarm State Change'),
    detail: z.looseObject({
      alarmName: z.string().min(1),
      state: z.looseObject({
        value: z.string(),
        reason: z.string().optional(),
        timestamp: z.string().optional(),
      }),
    }),
  })
  .transform(({ detail: { alarmName, state } }) => ({
    name: alarmName,
    state: state.value,
    reason: state.reason,
    time: state.timestamp,
  }));

/** What an alarm action writes to SNS, of metric and composite alarms. */
const alarmMessage = z
  .looseObject({
    AlarmName: z.string().min(1),
    NewStateValue: z.string(),
    NewStateReason: z.string().nullish(),
    StateChangeTime: z.string().nullish(),
  })
  .transform((message) => ({
    name: message.AlarmName,
    state: message.NewStateValue,
    reason: message.NewStateReason,
    time: message.StateChangeTime,
  }));

const change = z.union([stateChange, alarmMessage]);

const message = { Message: z.string(), Timestamp: z.string().optional() };

/** What Lambda gets of SNS (lambda/latest/dg/with-sns.html). */
const records = z.looseObject({ Records: z.array(z.looseObject({ Sns: z.looseObject(message) })) });

/** What SNS leaves in a queue when it cannot deliver (sns/latest/dg/sns-dead-letter-queues.html). */
const notification = z.looseObject({
  Type: z.literal('Notification'),
  TopicArn: z.string(),
  ...message,
});

/** Something that came where alarms come and is none: what it is, in the first characters of it. */
export interface NoAlarm {
  noAlarm: string;
}

/**
 * The alarms of an event: EventBridge's own form, or SNS records or a notification whose message is an
 * alarm's, also where a rule sent EventBridge's form to the topic. What has no readable time gets
 * `nowMs`.
 */
export function readAlarmEvent(event: unknown, nowMs: number): (AlarmChange | NoAlarm)[] {
  const alone = notification.safeParse(event).data;
  const told = alone ? [alone] : records.safeParse(event).data?.Records.map(({ Sns }) => Sns);
  if (!told) return [readChange(event, nowMs)];
  return told.map(({ Message, Timestamp }) =>
    readChange(parseJson(Message), readTime(Timestamp) ?? nowMs),
  );
}

function readChange(value: unknown, otherwiseMs: number): AlarmChange | NoAlarm {
  const { data } = change.safeParse(value);
  if (!data) return { noAlarm: (JSON.stringify(value) ?? String(value)).slice(0, 200) };
  return {
    name: data.name,
    state: data.state,
    reason: data.reason || 'no reason given',
    since: isoTime(readTime(data.time) ?? otherwiseMs),
  };
}

/** CloudWatch writes `2020-01-01T00:00:00.000+0000`, whose zone lacks the colon of ISO 8601. */
function readTime(text: string | null | undefined): number | null {
  const ms = Date.parse((text ?? '').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(ms) ? null : ms;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
