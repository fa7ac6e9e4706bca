import { PublishCommand, type PublishCommandInput, type SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../../lib/notifiers/index.ts';
import { snsSchema } from '../../../lib/notifiers/sns.ts';
import type { ReleaseEvent } from '../../../lib/release/events.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { releaseFacts } from '../../support/release-facts.ts';

const eventsTopicArn = 'arn:aws-cn:sns:cn-north-1:123456789012:verdigris-events';
const event: ReleaseEvent = {
  id: 'r1#completed',
  type: 'Completed',
  releaseId: 'r1',
  service: 'shop',
  at: '2026-01-02T03:04:05.678Z',
  by: 'conductor',
  summary: '1.4.0 is live',
  data: { green: '7' },
};

async function publish(
  sent: ReleaseEvent,
  { topic = 'team', fault }: { topic?: string; fault?: Error } = {},
) {
  const inputs: PublishCommandInput[] = [];
  const warnings: unknown[] = [];
  const send = async (command: unknown) => {
    if (fault) throw fault;
    if (command instanceof PublishCommand) inputs.push(command.input);
  };
  const sns = { send } as unknown as Pick<SNSClient, 'send'>;
  const log = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line) };
  const notifier = await createNotifier({ kind: 'sns', topic }, { sns, eventsTopicArn, log });
  await notifier.send(sent, releaseFacts());
  return { inputs, warnings, input: inputs[0] };
}

describe('the SNS notifier', () => {
  it('publishes the event as JSON, with a subject for people and attributes for filters', async () => {
    const { inputs } = await publish(event);

    expect(inputs).toEqual([
      {
        TopicArn: 'arn:aws-cn:sns:cn-north-1:123456789012:team',
        Subject: 'shop Completed: 1.4.0 is live',
        Message: JSON.stringify(event),
        MessageAttributes: {
          type: { DataType: 'String', StringValue: 'Completed' },
          service: { DataType: 'String', StringValue: 'shop' },
          outcome: { DataType: 'String', StringValue: 'completed' },
        },
      },
    ]);
  });

  it('has no outcome for what does not end a release', async () => {
    const { input } = await publish({ ...event, type: 'Traffic Shifted' });

    expect(Object.keys(input?.MessageAttributes ?? {})).toEqual(['type', 'service']);
  });

  it('takes a topic of another account by its ARN', async () => {
    const topic = 'arn:aws:sns:eu-west-1:210987654321:releases';

    expect((await publish(event, { topic })).input?.TopicArn).toBe(topic);
  });

  it('says nothing of inner events', async () => {
    expect((await publish({ ...event, type: 'Verdict' })).inputs).toEqual([]);
  });

  it('keeps subjects short, on one line and in ASCII', async () => {
    const summary = `caf\u00e9\n\u001b[2J\u2014 ${'x'.repeat(200)}`;
    const { input } = await publish({ ...event, summary });

    expect(input?.Subject).toMatch(/^shop Completed: cafe \?\[2J\? x+\.\.\.$/);
    expect(input?.Subject).toHaveLength(99);
  });

  it('shortens an event that is too large, and says so', async () => {
    const data = { green: '7', evidence: '\u00e4'.repeat(200_000) };
    const { input } = await publish({ ...event, data });

    expect(Buffer.byteLength(input?.Message ?? '')).toBeLessThan(262_144);
    expect(JSON.parse(input?.Message ?? '')).toEqual({
      ...event,
      data: { green: '7', isShortened: true },
    });
  });

  it('keeps within the limit whatever the data is made of', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => [`k${i}`, '\u4e16'.repeat(900)]);
    const summary = '\u4e16'.repeat(100_000);
    const { input } = await publish({ ...event, summary, data: Object.fromEntries(many) });

    expect(Buffer.byteLength(input?.Message ?? '')).toBeLessThan(262_144);
    expect(JSON.parse(input?.Message ?? '')).toMatchObject({ id: event.id, service: 'shop' });
  });

  it('logs what SNS refuses, and does not throw', async () => {
    const fault = Object.assign(new Error('no such topic'), { name: 'NotFoundException' });
    const { warnings } = await publish(event, { fault });

    expect(warnings).toEqual([
      [
        'SNS did not take an event',
        expect.objectContaining({ reason: 'NotFoundException: no such topic' }),
      ],
    ]);
  });

  it('is there on AWS only', async () => {
    const config = { kind: 'sns', topic: 'team' };

    await expect(createNotifier(config, { log: silentLogger })).rejects.toThrow(/on AWS only/);
  });

  it.each(['', 'orders.fifo', 'a topic', 'arn:aws:sqs:eu-west-1:210987654321:q'])(
    'refuses "%s" as a topic',
    (topic) => {
      expect(snsSchema.safeParse({ kind: 'sns', topic }).success).toBe(false);
    },
  );
});
