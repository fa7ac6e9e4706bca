import { describe, expect, it } from 'vitest';
import { createNotifier, type NotifierDeps } from '../../lib/notifiers/index.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createFakeNotifier } from '../support/fakes/notifier.ts';
import { releaseFacts } from '../support/release-facts.ts';
import { eventOf, notifierContract } from './notifier.contract.ts';

notifierContract('fake', async () => {
  const notifier = createFakeNotifier();
  const broken = createFakeNotifier({ isDown: true });
  return { notifier, broken, arrived: () => notifier.sent.length + broken.sent.length };
});

notifierContract('console', async () => {
  const lines: string[] = [];
  const make = (write: (line: string) => void) =>
    createNotifier({ kind: 'console' }, { write, log: silentLogger });
  const fail = () => {
    throw new Error('EPIPE');
  };
  return {
    notifier: make((line) => void lines.push(line)),
    broken: make(fail),
    arrived: () => lines.length,
  };
});

/** An SDK client that keeps what it is sent, or is down. */
function countingClient({ isDown }: { isDown: boolean }) {
  const sent: object[] = [];
  const send = async (command: object) => {
    if (isDown) throw new Error('getaddrinfo ENOTFOUND');
    sent.push(command);
    return { FailedEntryCount: 0 };
  };
  return { client: { send }, sent };
}

notifierContract('sns', async () => {
  const [up, down] = [countingClient({ isDown: false }), countingClient({ isDown: true })];
  const eventsTopicArn = 'arn:aws:sns:eu-central-1:123456789012:events';
  const make = (sns: NonNullable<NotifierDeps['sns']>) =>
    createNotifier({ kind: 'sns', topic: 'team' }, { sns, eventsTopicArn, log: silentLogger });
  return {
    notifier: make(up.client as unknown as Parameters<typeof make>[0]),
    broken: make(down.client as unknown as Parameters<typeof make>[0]),
    arrived: () => up.sent.length + down.sent.length,
  };
});

notifierContract('eventbridge', async () => {
  const [up, down] = [countingClient({ isDown: false }), countingClient({ isDown: true })];
  const make = (eventBridge: NonNullable<NotifierDeps['eventBridge']>) =>
    createNotifier({ kind: 'eventbridge' }, { eventBridge, log: silentLogger });
  return {
    notifier: make(up.client as unknown as Parameters<typeof make>[0]),
    broken: make(down.client as unknown as Parameters<typeof make>[0]),
    arrived: () => up.sent.length + down.sent.length,
  };
});

describe('the faults of the fake notifier', () => {
  it('can go down and come back, and remembers what was lost', async () => {
    const notifier = createFakeNotifier();
    notifier.setDown(true);
    await notifier.send(eventOf('Completed'), releaseFacts());
    notifier.setDown(false);
    await notifier.send(eventOf('Held'), releaseFacts());
    expect(notifier.lost.map(({ type }) => type)).toEqual(['Completed']);
    expect(notifier.sent.map(({ type }) => type)).toEqual(['Held']);
  });
});
