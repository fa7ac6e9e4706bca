import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsCommandInput,
} from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { eventBridgeSchema } from '../../../lib/notifiers/eventbridge.ts';
import { createNotifier } from '../../../lib/notifiers/index.ts';
import { publicEventTypes, type ReleaseEvent } from '../../../lib/release/events.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { releaseFacts } from '../../support/release-facts.ts';
import { readPage } from '../docs/pages.ts';

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

async function put(
  sent: ReleaseEvent,
  options: { bus?: string; eventBus?: string; answer?: object; fault?: Error } = {},
) {
  const inputs: PutEventsCommandInput[] = [];
  const warnings: unknown[][] = [];
  const send = async (command: unknown) => {
    if (options.fault) throw options.fault;
    if (command instanceof PutEventsCommand) inputs.push(command.input);
    return options.answer ?? { FailedEntryCount: 0, Entries: [{ EventId: 'e1' }] };
  };
  const eventBridge = { send } as unknown as Pick<EventBridgeClient, 'send'>;
  const log = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line) };
  const config = { kind: 'eventbridge', ...(options.bus ? { bus: options.bus } : {}) };
  const deps = { eventBridge, log, ...(options.eventBus ? { eventBus: options.eventBus } : {}) };
  await (await createNotifier(config, deps)).send(sent, releaseFacts());
  return { inputs, warnings, entry: inputs[0]?.Entries?.[0] };
}

describe('the EventBridge notifier', () => {
  it('puts the event under its type, as detail', async () => {
    const { inputs, warnings } = await put(event);

    expect(inputs).toEqual([
      {
        Entries: [
          {
            EventBusName: 'default',
            Source: 'verdigris',
            DetailType: 'Completed',
            Detail: JSON.stringify(event),
            Time: new Date(event.at),
            Resources: [],
          },
        ],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it("goes to the manifest's bus, else to the platform's", async () => {
    expect((await put(event, { eventBus: 'ops' })).entry?.EventBusName).toBe('ops');
    const both = await put(event, { eventBus: 'ops', bus: 'team' });
    expect(both.entry?.EventBusName).toBe('team');
  });

  it('says nothing of inner events', async () => {
    expect((await put({ ...event, type: 'Verdict' })).inputs).toEqual([]);
  });

  it('takes a failed entry of a good answer for what it is', async () => {
    const answer = {
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }],
    };
    const { warnings } = await put(event, { answer });

    expect(warnings).toEqual([
      [
        'EventBridge did not take an event',
        { event: 'r1#completed', bus: 'default', reason: 'ThrottlingException: slow down' },
      ],
    ]);
  });

  it('logs what EventBridge refuses, and does not throw', async () => {
    const fault = Object.assign(new Error('no bus'), { name: 'ResourceNotFoundException' });
    const { warnings } = await put(event, { fault, bus: 'nowhere' });

    expect(warnings[0]?.[1]).toMatchObject({ reason: 'ResourceNotFoundException: no bus' });
  });

  it('shortens an event that is too large, and says so', async () => {
    const { entry } = await put({ ...event, data: { green: '7', big: 'x'.repeat(300_000) } });

    expect(Buffer.byteLength(entry?.Detail ?? '')).toBeLessThan(262_144);
    expect(JSON.parse(entry?.Detail ?? '').data).toEqual({ green: '7', isShortened: true });
  });

  it('is there on AWS only', async () => {
    const config = { kind: 'eventbridge' };

    await expect(createNotifier(config, { log: silentLogger })).rejects.toThrow(/on AWS only/);
  });

  it.each([
    ['default', true],
    ['aws.partner/example.com/1', true],
    ['arn:aws:events:eu-west-1:210987654321:event-bus/team', true],
    ['', false],
    ['a bus', false],
  ])('knows whether "%s" can be a bus', (bus, isValid) => {
    expect(eventBridgeSchema.safeParse({ kind: 'eventbridge', bus }).success).toBe(isValid);
  });
});

describe('docs/notifiers/eventbridge.md', () => {
  const page = readPage('docs/notifiers/eventbridge.md');
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) =>
    JSON.parse(text),
  );

  it.each(publicEventTypes)('shows an event of type %s', (type) => {
    const shown = blocks.find((block) => block.type === type);

    expect(page).toContain(`### ${type}\n`);
    expect(Object.keys(shown ?? {})).toEqual(Object.keys(event));
  });
});
