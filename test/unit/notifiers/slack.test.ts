import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../../lib/notifiers/index.ts';
import { slackSchema } from '../../../lib/notifiers/slack.ts';
import { plain } from '../../../lib/notifiers/slack-message.ts';
import type { ReleaseEvent } from '../../../lib/release/events.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { eventOf } from '../../contract/notifier.contract.ts';
import { createFakeSlack } from '../../support/fakes/slack.ts';
import { outboundFor } from '../../support/outbound.ts';
import { releaseFacts } from '../../support/release-facts.ts';

const channel = 'C024BE91L';

async function prepare(config: Record<string, unknown> = {}) {
  const slack = createFakeSlack();
  const outbound = outboundFor(slack.fetch, { 'slack-bot': slack.token });
  const whole = { kind: 'slack', tokenSecret: 'slack-bot', channel, ...config };
  const make = () => createNotifier(whole, outbound);
  const notifier = await make();
  const send = (event: ReleaseEvent, differs = {}) => notifier.send(event, releaseFacts(differs));
  return { slack, outbound, make, send };
}

const approval: ReleaseEvent = {
  ...eventOf('Approval Requested'),
  summary: '2 approvals needed within 2h',
  data: { requiredCount: 2, expiresAt: '2026-01-02T05:04:05.678Z' },
};

/** The buttons that a message still has. */
function buttonsOf({ blocks }: { blocks: JsonObject[] }): JsonObject[] {
  return blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements : [],
  ) as JsonObject[];
}

describe('the Slack notifier', () => {
  it('begins one thread for a release and puts everything after it below', async () => {
    const { slack, send } = await prepare();
    await send(eventOf('Release Admitted'));
    await send(eventOf('Provisioned'));
    await send(eventOf('Completed'));

    const [first, ...below] = slack.messages;
    expect(first).toMatchObject({ channel, thread: null, edits: 2 });
    expect(below.map(({ thread }) => thread)).toEqual([first?.ts, first?.ts]);
  });

  it('keeps the first message up to date, and shows what it is about', async () => {
    const { slack, send } = await prepare();
    await send(eventOf('Release Admitted'));
    await send({ ...eventOf('Rolled Back'), summary: 'green fails 9 % of 240 requests' });

    const text = JSON.stringify(slack.messages[0]?.blocks);
    for (const told of ['Rolled Back', 'green fails 9 % of 240 requests', 'v1 → v2', 'ada'])
      expect(text).toContain(told);
    expect(text).toContain('s3://artifacts/shop/v2.zip');
    expect(text).toContain('<https://verdigris.example/releases/r1|');
    expect(text).not.toContain('Release Admitted');
  });

  it('finds the thread again in another process, and keeps releases apart', async () => {
    const { slack, send, make } = await prepare();
    await send(eventOf('Release Admitted'));
    await (await make()).send(eventOf('Completed'), releaseFacts());
    await (await make()).send(
      { ...eventOf('Release Admitted'), id: 'r2#x', releaseId: 'r2' },
      releaseFacts({ releaseId: 'r2' }),
    );

    expect(slack.messages.map(({ thread }) => thread !== null)).toEqual([false, true, false]);
  });

  it('makes one first message when two events come at once', async () => {
    const { slack, send } = await prepare();
    await Promise.all([send(eventOf('Release Admitted')), send(eventOf('Provisioned'))]);

    const firsts = slack.messages.filter(({ thread }) => thread === null);
    expect(firsts).toHaveLength(1);
    expect(slack.messages).toHaveLength(2);
  });

  it('tells in a message of its own when whoever began the thread never finished', async () => {
    const { slack, send, outbound } = await prepare();
    await outbound.memory.remember(`slack:${channel}:r1:begun-by`, 'r1#lost');
    await send(eventOf('Provisioned'));
    await send(eventOf('Completed'));

    expect(slack.messages.map(({ thread }) => thread !== null)).toEqual([false, true]);
  });

  it('tells each event by itself where nothing can be remembered', async () => {
    const { slack, send, outbound } = await prepare();
    outbound.memory.recall = async () => {
      throw new Error('the ledger is away');
    };
    await send(eventOf('Release Admitted'));
    await send(eventOf('Completed'));

    expect(slack.messages.map(({ thread }) => thread)).toEqual([null, null]);
  });

  it('lets the channel see what needs somebody, and leaves the rest in the thread', async () => {
    const { slack, send } = await prepare();
    const types = ['Release Admitted', 'Validated', 'Held', 'Rolled Back', 'Completed'] as const;
    for (const type of types) await send(eventOf(type));

    const seen = slack.messages.map(({ isBroadcast }) => isBroadcast);
    expect(seen).toEqual([false, false, true, true, false]);
  });

  it('tells only of the events that the manifest names', async () => {
    const { slack, send } = await prepare({ events: ['Held'] });
    await send(eventOf('Completed'));
    await send(eventOf('Held'));

    expect(slack.messages).toHaveLength(1);
  });

  it('tells of a service in a message of its own', async () => {
    const { slack, send } = await prepare();
    await send({ ...eventOf('Refused'), releaseId: null });
    await send({ ...eventOf('Refused'), id: 'x', releaseId: null });

    expect(slack.messages.map(({ thread }) => thread)).toEqual([null, null]);
  });
});

describe('a question in Slack', () => {
  it('has buttons that say which release, and carry no right', async () => {
    const { slack, send } = await prepare();
    await send(eventOf('Release Admitted'));
    await send(approval);

    const question = slack.messages.at(-1);
    expect(question).toMatchObject({ isBroadcast: true, thread: slack.messages[0]?.ts });
    const buttons = question ? buttonsOf(question) : [];
    expect(buttons.map(({ action_id }) => action_id)).toEqual([
      'verdigris-approve',
      'verdigris-reject',
    ]);
    for (const { value } of buttons) {
      expect(JSON.parse(`${value}`)).toEqual({
        releaseId: 'r1',
        expiresAt: '2026-01-02T05:04:05.678Z',
      });
    }
    expect(JSON.stringify(question)).toContain('Review it first');
    expect(JSON.stringify(question)).toContain('<!date^1767330245^');
  });

  it('loses its buttons with the next event, once', async () => {
    const { slack, send } = await prepare();
    await send(eventOf('Release Admitted'));
    await send(approval);
    await send(eventOf('Traffic Shifted'));
    await send(eventOf('Completed'));

    const question = slack.messages[1];
    expect(question && buttonsOf(question)).toEqual([]);
    expect(question).toMatchObject({ edits: 1 });
    expect(question?.text).toContain('Traffic Shifted');
  });

  it('is asked below its first message also where nothing was told before', async () => {
    const { slack, send } = await prepare({ events: ['Approval Requested'] });
    await send(approval);

    expect(slack.messages).toHaveLength(2);
    expect(slack.messages.map((message) => buttonsOf(message).length)).toEqual([0, 2]);
  });
});

describe('what Slack refuses', () => {
  it('is waited for as long as Slack asks, where there is time for that', async () => {
    const { slack, send, outbound } = await prepare();
    slack.throttle(1, 2);
    await send(eventOf('Completed'));

    expect(slack.messages).toHaveLength(1);
    expect(outbound.waitedMs()).toBe(2000);
    expect(outbound.warnings).toEqual([]);
  });

  it('is logged, not waited for, where Slack asks for more than a few seconds', async () => {
    const { slack, send, outbound } = await prepare();
    slack.throttle(9, 30);
    await send(eventOf('Completed'));

    expect(slack.messages).toEqual([]);
    expect(outbound.waitedMs()).toBe(0);
    expect(outbound.warnings[0]?.[1]?.reason).toContain('HTTP 429');
  });

  it.each([
    ['not_in_channel', /invite/],
    ['token_revoked', /secret slack-bot/],
    ['fatal_error', /fatal_error/],
  ])('is explained where a person can mend it: %s', async (error, words) => {
    const { slack, send, outbound } = await prepare();
    slack.refuseNext(error);
    await send(eventOf('Completed'));

    expect(outbound.warnings[0]?.[1]?.reason).toMatch(words);
    expect(JSON.stringify(outbound.warnings)).not.toContain(slack.token);
  });

  it('a thread goes on after a message of it was deleted', async () => {
    const { slack, send, outbound } = await prepare();
    await send(eventOf('Release Admitted'));
    const [first] = slack.messages.splice(0);
    await send(eventOf('Completed'));

    expect(slack.messages).toMatchObject([{ thread: first?.ts }]);
    expect(outbound.warnings[0]?.[1]?.reason).toContain('message_not_found');
  });

  it('a secret that is not there is logged', async () => {
    const { send, outbound } = await prepare({ tokenSecret: 'other' });
    await send(eventOf('Completed'));

    expect(outbound.warnings[0]?.[1]?.reason).toContain('no secret "other"');
  });
});

describe('text of others in Slack', () => {
  const unescaped = (text: string) =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

  it('is never markup, is never longer than it may be, and loses nothing that fits', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'<>&!@#|') })),
        fc.integer({ min: 8, max: 60 }),
        (text, limit) => {
          const told = plain(text, limit);
          expect(told).not.toMatch(/[<>\n\r\u202e]|&(?!(?:amp|lt|gt);)/);
          expect(told.length).toBeLessThanOrEqual(limit);
          if (!told.endsWith('…')) expect(unescaped(told).length).toBeLessThanOrEqual(text.length);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['<!channel> look', '&lt;!channel&gt; look'],
    ['<@U024BE7LH|ada> & co', '&lt;@U024BE7LH|ada&gt; &amp; co'],
    ['a\nb\u202ec', 'a b c'],
  ])('%j is told as %j', (text, told) => expect(plain(text, 100)).toBe(told));

  it('mentions nobody, wherever it comes from', async () => {
    const { slack, send } = await prepare();
    const evil = '<!channel> <@U024BE7LH> <https://evil.example|here>';
    const event = { ...approval, summary: evil, data: { expiresAt: evil } };
    const sides = { id: evil, version: evil };
    await send(event, {
      service: evil,
      requestedBy: evil,
      owner: evil,
      artifact: { uri: evil, version: evil, digest: evil },
      blue: sides,
      green: sides,
    });
    await send(eventOf('Completed'), { service: evil, requestedBy: evil });

    for (const { body } of slack.calls) {
      expect(JSON.stringify(body)).not.toMatch(/<!channel|<@|<https:\/\/evil/);
    }
    expect(slack.calls.every(({ body }) => body.parse === 'none' && !body.link_names)).toBe(true);
    expect(JSON.stringify(slack.calls)).not.toContain('"verbatim":false');
  });

  it('fits, however long it is', async () => {
    const { slack, send, outbound } = await prepare();
    const long = '<&>'.repeat(3000);
    const sides = { id: long, version: long };
    const artifact = { uri: long, version: long, digest: long };
    await send({ ...approval, summary: long }, { artifact, requestedBy: long, blue: sides });

    expect(outbound.warnings).toEqual([]);
    expect(slack.messages).toHaveLength(2);
  });
});

describe("the manifest's part for Slack", () => {
  const valid = { kind: 'slack', tokenSecret: 'slack-bot', channel };
  it.each([
    [{}, true],
    [{ channel: '#releases' }, true],
    [{ channel: 'releases' }, false],
    [{ channel: '#Releases' }, false],
    [{ tokenSecret: 'xoxb-1-2-Secret' }, false],
    [{ token: 'xoxb-1' }, false],
    [{ events: ['Completed'] }, true],
    [{ events: ['Verdict'] }, false],
    [{ events: [] }, false],
  ])('%j: %s', (differs, isValid) => {
    expect(slackSchema.safeParse({ ...valid, ...differs }).success).toBe(isValid);
  });
});
