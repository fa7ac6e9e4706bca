import { describe, expect, it } from 'vitest';
import { createNotifier, type NotifierDeps } from '../../lib/notifiers/index.ts';
import { publicEventTypes } from '../../lib/release/events.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createHttpTarget } from '../support/fakes/http-target.ts';
import { createFakeMail } from '../support/fakes/mail.ts';
import { createFakeNotifier } from '../support/fakes/notifier.ts';
import { createFakePagerDuty } from '../support/fakes/pagerduty.ts';
import { createFakeSlack } from '../support/fakes/slack.ts';
import { outboundFor } from '../support/outbound.ts';
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
    notifier: await make((line) => void lines.push(line)),
    broken: await make(fail),
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
    notifier: await make(up.client as unknown as Parameters<typeof make>[0]),
    broken: await make(down.client as unknown as Parameters<typeof make>[0]),
    arrived: () => up.sent.length + down.sent.length,
  };
});

notifierContract('eventbridge', async () => {
  const [up, down] = [countingClient({ isDown: false }), countingClient({ isDown: true })];
  const make = (eventBridge: NonNullable<NotifierDeps['eventBridge']>) =>
    createNotifier({ kind: 'eventbridge' }, { eventBridge, log: silentLogger });
  return {
    notifier: await make(up.client as unknown as Parameters<typeof make>[0]),
    broken: await make(down.client as unknown as Parameters<typeof make>[0]),
    arrived: () => up.sent.length + down.sent.length,
  };
});

notifierContract('slack', async () => {
  const [up, down] = [createFakeSlack(), createFakeSlack()];
  down.goDown();
  const config = { kind: 'slack', tokenSecret: 'slack-bot', channel: 'C024BE91L' };
  const make = (slack: typeof up) =>
    createNotifier(config, outboundFor(slack.fetch, { 'slack-bot': slack.token }));
  return {
    notifier: await make(up),
    broken: await make(down),
    arrived: () => [...up.messages, ...down.messages].filter(({ thread }) => !thread).length,
  };
});

notifierContract('pagerduty', async () => {
  const [up, down] = [createFakePagerDuty(), createFakePagerDuty()];
  down.goDown();
  const config = { kind: 'pagerduty', routingKeySecret: 'pager' };
  const make = (pager: typeof up) =>
    createNotifier(config, outboundFor(pager.fetch, { pager: pager.routingKey }));
  return {
    notifier: await make(up),
    broken: await make(down),
    arrived: () => up.alerts.size + up.changes.length + down.alerts.size + down.changes.length,
    tells: ['Traffic Shifted', 'Completed', 'Rolled Back', 'Held', 'Rollback Failed'],
  };
});

notifierContract('teams', async () => {
  const [up, down] = [createHttpTarget(), createHttpTarget()];
  down.goDown();
  const config = { kind: 'teams', urlSecret: 'teams-web', events: [...publicEventTypes] };
  const make = ({ fetch }: typeof up) =>
    createNotifier(config, outboundFor(fetch, { 'teams-web': 'https://workflow.example/run' }));
  return {
    notifier: await make(up),
    broken: await make(down),
    arrived: () => up.calls.length + down.calls.length,
  };
});

notifierContract('webhook', async () => {
  const [up, down] = [createHttpTarget(), createHttpTarget()];
  down.goDown();
  const config = { kind: 'webhook', url: 'https://ci.example.com/', signingSecret: 'ci' };
  const make = ({ fetch }: typeof up) =>
    createNotifier(config, outboundFor(fetch, { ci: 'webhook-secret-0123456789' }));
  return {
    notifier: await make(up),
    broken: await make(down),
    arrived: () => up.calls.length + down.calls.length,
  };
});

notifierContract('email', async () => {
  const [up, down] = [createFakeMail(), createFakeMail()];
  down.goDown();
  const config = { kind: 'email', from: 'releases@example.com', to: ['team@example.com'] };
  const make = ({ ses }: typeof up) => createNotifier(config, { ...outboundFor(fetch, {}), ses });
  return {
    notifier: await make(up),
    broken: await make(down),
    arrived: () => up.sent.length + down.sent.length,
    tells: [
      ...(['Approval Requested', 'Completed', 'Rolled Back', 'Held'] as const),
      ...(['Refused', 'Discarded', 'Rollback Failed'] as const),
    ],
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
