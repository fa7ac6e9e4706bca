import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../../lib/notifiers/index.ts';
import { publicEventTypes, type ReleaseEvent } from '../../../lib/release/events.ts';
import { eventOf } from '../../contract/notifier.contract.ts';
import { createHttpTarget } from '../../support/fakes/http-target.ts';
import { outboundFor } from '../../support/outbound.ts';
import { releaseFacts } from '../../support/release-facts.ts';

const url = 'https://prod-1.westeurope.logic.azure.com:443/workflows/1/run?sig=very-secret';

async function prepare(config: Record<string, unknown> = {}, secret = url) {
  const target = createHttpTarget();
  const outbound = outboundFor(target.fetch, { 'teams-web': secret });
  const whole = { kind: 'teams', urlSecret: 'teams-web', ...config };
  const notifier = await createNotifier(whole, outbound);
  const send = (event: ReleaseEvent, differs = {}) => notifier.send(event, releaseFacts(differs));
  return { target, outbound, send };
}

interface Run {
  type: string;
  text: string;
}
interface Card {
  version: string;
  body: { type: string; inlines: Run[] }[];
  actions: { type: string; title: string; url: string }[];
}

function cardOf(text: string): Card {
  const message = JSON.parse(text) as {
    type: string;
    attachments: [{ contentType: string; contentUrl: null; content: Card }];
  };
  expect(message.type).toBe('message');
  const [{ contentType, content }] = message.attachments;
  expect(contentType).toBe('application/vnd.microsoft.card.adaptive');
  return content;
}

const wordsOf = ({ body }: Card) =>
  body.map(({ inlines }) => inlines.map(({ text }) => text).join('')).join('\n');

describe('the Teams notifier', () => {
  it('posts a card to the workflow with what is known, and a button into the console', async () => {
    const { target, send } = await prepare();
    await send({ ...eventOf('Rolled Back'), summary: 'green fails 9 % of 240 requests' });
    const [call] = target.calls;
    expect(call?.url).toBe(url);
    expect(call?.redirect).toBe('error');
    const card = cardOf(call?.text ?? '');
    expect(card.version).toBe('1.4');
    const words = wordsOf(card);
    for (const told of ['shop v2: Rolled Back', 'green fails 9 %', 'Live before: v1', 'ada'])
      expect(words).toContain(told);
    expect(card.actions).toEqual([
      {
        type: 'Action.OpenUrl',
        title: 'Open the release',
        url: 'https://verdigris.example/releases/r1',
      },
    ]);
  });

  it('asks people to review and decide, until when, without a link that decides', async () => {
    const { target, send } = await prepare();
    const data = { requiredCount: 1, expiresAt: '2026-01-02T05:04:05.678Z' };
    await send({ ...eventOf('Approval Requested'), data });
    const card = cardOf(target.calls[0]?.text ?? '');
    expect(card.actions.map(({ title }) => title)).toEqual(['Review and decide']);
    expect(wordsOf(card)).toContain('Decide until: 2026-01-02 05:04 UTC');
    expect(target.calls[0]?.text).not.toContain('/approve');
  });

  it('puts nothing of what others wrote where Markdown is read', async () => {
    const { target, send } = await prepare();
    const summary = '[press here](https://evil.example) **now**\n<at>everyone</at>';
    await send({ ...eventOf('Discarded'), summary }, { requestedBy: '[x](https://evil.example)' });
    const { body } = cardOf(target.calls[0]?.text ?? '');
    expect(body.every(({ type }) => type === 'RichTextBlock')).toBe(true);
    const runs = body.flatMap(({ inlines }) => inlines);
    expect(runs.every(({ type }) => type === 'TextRun')).toBe(true);
    expect(runs.some(({ text }) => text.includes('\n'))).toBe(false);
  });

  it('stays within 28 KB whatever it is told', async () => {
    const { target, send } = await prepare();
    const long = 'ü'.repeat(100_000);
    const artifact = { uri: long, version: long, digest: null };
    await send({ ...eventOf('Held'), summary: long }, { artifact, owner: long, requestedBy: long });
    expect(Buffer.byteLength(target.calls[0]?.text ?? '')).toBeLessThan(28 * 1024);
  });

  it('tells of admissions, questions and ends unless the manifest says what', async () => {
    const { target, send } = await prepare();
    for (const type of publicEventTypes) await send({ ...eventOf(type), id: `r1#${type}` });
    expect(target.calls).toHaveLength(publicEventTypes.length - 3);
    const few = await prepare({ events: ['Held', 'Rollback Failed'] });
    for (const type of publicEventTypes) await few.send(eventOf(type));
    expect(few.target.calls).toHaveLength(2);
  });

  it('says the same once, also after somebody else began to say it again', async () => {
    const { target, send } = await prepare();
    await send(eventOf('Held'));
    await send(eventOf('Held'));
    expect(target.calls).toHaveLength(1);
  });

  it('waits when it is told to, and does not repeat what may have arrived', async () => {
    const { target, outbound, send } = await prepare();
    target.answerNext(429, 202);
    await send(eventOf('Held'));
    expect(target.calls).toHaveLength(2);
    target.answerNext(502);
    await send(eventOf('Rolled Back'));
    expect(target.calls).toHaveLength(3);
    expect(outbound.warnings.at(-1)?.[1]).toMatchObject({ reason: 'HTTP 502' });
  });

  it('warns without the URL, which is a secret', async () => {
    const { target, outbound, send } = await prepare();
    target.answerNext(404, 'no answer');
    await send(eventOf('Held'));
    await send(eventOf('Completed'));
    target.goDown();
    await send(eventOf('Refused'));
    expect(outbound.warnings).toHaveLength(3);
    expect(JSON.stringify(outbound.warnings)).not.toContain('very-secret');
    expect(outbound.warnings[0]?.[1]?.reason).toContain('the workflow is gone');
  });

  it.each(['http://prod.logic.azure.com/x', 'https://a@b.example/x', 'not a URL at all'])(
    'posts to no secret such as %s',
    async (secret) => {
      const { target, outbound, send } = await prepare({}, secret);
      await send(eventOf('Held'));
      expect(target.calls).toEqual([]);
      expect(outbound.warnings).toHaveLength(1);
      expect(JSON.stringify(outbound.warnings)).not.toContain(secret);
    },
  );
});
