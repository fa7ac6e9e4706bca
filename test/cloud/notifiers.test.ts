import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../lib/notifiers/index.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { eventOf } from '../contract/notifier.contract.ts';
import { emulators } from '../support/emulators.ts';
import { releaseFacts } from '../support/release-facts.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const noSuchBus: Record<string, string> = {
  ministack: 'MiniStack 1.5.33 takes events for a bus that does not exist',
};

/** A call of SQS's JSON protocol, so that no further SDK is needed to see what arrived. */
async function callSqs<T>(endpoint: string, action: string, input: object): Promise<T> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': `AmazonSQS.${action}`,
      Authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Topics and rules may send to a queue only when its policy says so. */
const queuePolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] },
      Action: 'sqs:SendMessage',
      Resource: '*',
    },
  ],
});

/** A queue of its own, and what it received so far: waits for the first message. */
async function makeQueue(endpoint: string) {
  const QueueName = `q-${crypto.randomUUID()}`;
  const { QueueUrl } = await callSqs<{ QueueUrl: string }>(endpoint, 'CreateQueue', {
    QueueName,
    Attributes: { Policy: queuePolicy },
  });
  const AttributeNames = ['QueueArn'];
  const { Attributes } = await callSqs<{ Attributes: { QueueArn: string } }>(
    endpoint,
    'GetQueueAttributes',
    { QueueUrl, AttributeNames },
  );
  return {
    arn: Attributes.QueueArn,
    async receive() {
      const ask = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 };
      const { Messages = [] } = await callSqs<{ Messages?: { Body: string }[] }>(
        endpoint,
        'ReceiveMessage',
        ask,
      );
      return Messages.map(({ Body }) => JSON.parse(Body));
    },
  };
}

for (const [name, endpoint] of Object.entries(emulators)) {
  describe(`on ${name}`, () => {
    const client = { endpoint, region, credentials };
    const sns = new SNSClient(client);
    const eventBridge = new EventBridgeClient(client);
    const warnings: unknown[] = [];
    const log = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line) };

    describe('sns', () => {
      async function prepare(filter: object | null = null) {
        const Name = `topic-${crypto.randomUUID()}`;
        const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name }));
        const queue = await makeQueue(endpoint);
        const Attributes = filter ? { FilterPolicy: JSON.stringify(filter) } : {};
        const subscription = { TopicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes };
        await sns.send(new SubscribeCommand(subscription));
        const eventsTopicArn = TopicArn.replace(Name, 'events');
        const deps = { sns, eventsTopicArn, log };
        const notifier = await createNotifier({ kind: 'sns', topic: Name }, deps);
        return { notifier, queue };
      }

      it('publishes to the topic beside its own', async () => {
        const { notifier, queue } = await prepare();

        await notifier.send(eventOf('Completed'), releaseFacts());

        const [message] = await queue.receive();
        expect(JSON.parse(message.Message)).toEqual(eventOf('Completed'));
        expect(message.Subject).toBe('shop Completed: this is Completed');
        expect(message.MessageAttributes.service).toEqual({ Type: 'String', Value: 'shop' });
      });

      it('reaches only those whose filter policy takes it', async () => {
        const { notifier, queue } = await prepare({ outcome: ['rolled-back', 'held'] });

        await notifier.send(eventOf('Completed'), releaseFacts());
        await notifier.send(eventOf('Rolled Back'), releaseFacts());

        const types = (await queue.receive()).map(({ Message }) => JSON.parse(Message).type);
        expect(types).toEqual(['Rolled Back']);
      });

      it('logs a topic that does not exist', async () => {
        const eventsTopicArn = `arn:aws:sns:${region}:123456789012:events`;
        const config = { kind: 'sns', topic: 'nowhere' };
        warnings.length = 0;

        const notifier = await createNotifier(config, { sns, eventsTopicArn, log });
        await notifier.send(eventOf('Completed'), releaseFacts());

        expect(warnings).toMatchObject([
          [expect.any(String), { reason: expect.stringMatching(/^NotFoundException/) }],
        ]);
      });
    });

    describe('eventbridge', () => {
      async function prepare() {
        const bus = `bus-${crypto.randomUUID()}`;
        const queue = await makeQueue(endpoint);
        await eventBridge.send(new CreateEventBusCommand({ Name: bus }));
        const EventPattern = JSON.stringify({
          source: ['verdigris'],
          'detail-type': ['Rolled Back'],
          detail: { service: ['shop'] },
        });
        const rule = { Name: 'rolled-back', EventBusName: bus, EventPattern };
        await eventBridge.send(new PutRuleCommand(rule));
        const Targets = [{ Id: 'queue', Arn: queue.arn }];
        await eventBridge.send(
          new PutTargetsCommand({ Rule: 'rolled-back', EventBusName: bus, Targets }),
        );
        return {
          notifier: await createNotifier({ kind: 'eventbridge', bus }, { eventBridge, log }),
          queue,
        };
      }

      it('reaches the targets of the rules that match, with the event as detail', async () => {
        const { notifier, queue } = await prepare();

        await notifier.send(eventOf('Completed'), releaseFacts());
        await notifier.send(eventOf('Rolled Back'), releaseFacts());

        expect(await queue.receive()).toMatchObject([
          {
            source: 'verdigris',
            'detail-type': 'Rolled Back',
            detail: eventOf('Rolled Back'),
            resources: [],
          },
        ]);
      });

      it.skipIf(noSuchBus[name])(
        `logs a bus that does not exist${noSuchBus[name] ? ` (${noSuchBus[name]})` : ''}`,
        async () => {
          warnings.length = 0;
          const notifier = await createNotifier(
            { kind: 'eventbridge', bus: 'nowhere' },
            { eventBridge, log },
          );

          await notifier.send(eventOf('Completed'), releaseFacts());

          expect(warnings).toHaveLength(1);
        },
      );
    });
  });
}
