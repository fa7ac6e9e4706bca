import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { artifactWebhook } from '../../../lib/http/webhooks/kinds/artifact/receive.ts';
import { createNotifier } from '../../../lib/notifiers/index.ts';
import { webhookSchema } from '../../../lib/notifiers/webhook.ts';
import { publicEventTypes, type ReleaseEvent } from '../../../lib/release/events.ts';
import { eventOf } from '../../contract/notifier.contract.ts';
import { createHttpTarget } from '../../support/fakes/http-target.ts';
import { outboundFor, outboundStart } from '../../support/outbound.ts';
import { releaseFacts } from '../../support/release-facts.ts';

const secret = 'webhook-secret-0123456789';
const url = 'https://ci.example.com/hooks/verdigris';

async function prepare(config: Record<string, unknown> = {}, fetch?: typeof globalThis.fetch) {
  const target = createHttpTarget();
  const outbound = outboundFor(fetch ?? target.fetch, { 'ci-hook': secret });
  const whole = { kind: 'webhook', url, signingSecret: 'ci-hook', ...config };
  const notifier = await createNotifier(whole, outbound);
  const send = (event: ReleaseEvent) => notifier.send(event, releaseFacts());
  return { target, outbound, send };
}

describe('the webhook notifier', () => {
  it('posts the event with what is known of its release', async () => {
    const { target, send } = await prepare();
    await send(eventOf('Completed'));
    expect(JSON.parse(target.calls[0]?.text ?? '')).toEqual({
      event: eventOf('Completed'),
      release: releaseFacts(),
      url: 'https://verdigris.example/releases/r1',
    });
    expect(target.calls[0]?.url).toBe(url);
  });

  it('signs timestamp, delivery and the body as it is sent', async () => {
    const { target, send } = await prepare();
    await send({ ...eventOf('Completed'), summary: 'Größe ✔' });
    const [call] = target.calls;
    const header = (name: string) => call?.headers.get(name) ?? '';
    const timestamp = header('x-verdigris-timestamp');
    const delivery = header('x-verdigris-delivery');
    expect(timestamp).toBe(`${Math.floor(outboundStart / 1000)}`);
    expect(delivery).toBe('r1:Completed');
    const signed = `${timestamp}.${delivery}.${call?.text}`;
    const expected = createHmac('sha256', secret).update(signed).digest('hex');
    expect(header('x-verdigris-signature')).toBe(`v1=${expected}`);
    expect(delivery).toMatch(/^[A-Za-z0-9_:-]{1,128}$/);
  });

  it('signs as the conductor itself wants what is sent to it to be signed', async () => {
    const { target, send } = await prepare();
    await send(eventOf('Completed'));
    const [call] = target.calls;
    const request = {
      header: (name: string) => call?.headers.get(name) ?? undefined,
      body: Buffer.from(call?.text ?? ''),
      nowMs: outboundStart,
    } as unknown as Parameters<typeof artifactWebhook.isSigned>[0];
    expect(artifactWebhook.isSigned(request)).toBe(true);
    expect(await artifactWebhook.isSignedWith(request, secret)).toBe(true);
    expect(await artifactWebhook.isSignedWith(request, 'another-secret-0123456789')).toBe(false);
  });

  it.each([500, 503, 429, 'no answer'] as const)(
    'tries again after %s under the same delivery',
    async (problem) => {
      const { target, send, outbound } = await prepare();
      target.answerNext(problem, problem);
      await send(eventOf('Completed'));
      expect(target.calls).toHaveLength(3);
      const names = target.calls.map(({ headers }) => headers.get('x-verdigris-delivery'));
      expect(new Set(names).size).toBe(1);
      expect(outbound.warnings).toEqual([]);
      expect(outbound.waitedMs()).toBeLessThanOrEqual(5000);
    },
  );

  it.each([400, 401, 404, 410])('takes a %s for an answer', async (status) => {
    const { target, send, outbound } = await prepare();
    target.answerNext(status);
    await send(eventOf('Completed'));
    expect(target.calls).toHaveLength(1);
    expect(outbound.warnings).toMatchObject([
      ['a webhook did not take an event', { host: 'ci.example.com', reason: `HTTP ${status}` }],
    ]);
  });

  it('gives up within a few seconds', async () => {
    const { target, send, outbound } = await prepare();
    target.answerNext(...Array.from({ length: 50 }, () => 503));
    await send(eventOf('Completed'));
    expect(target.calls.length).toBeLessThanOrEqual(6);
    expect(outbound.warnings).toHaveLength(1);
  });

  it('follows no redirect', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(307, { Location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { send, outbound } = await prepare({ url: `http://127.0.0.1:${port}/hook` }, fetch);
    await send(eventOf('Completed'));
    server.close();
    expect(new Set(seen)).toEqual(new Set(['/hook']));
    expect(outbound.warnings).toHaveLength(1);
  });

  it('tells of every public event, or of those that the manifest names, each once', async () => {
    const { target, send } = await prepare();
    for (const type of [...publicEventTypes, ...publicEventTypes]) await send(eventOf(type));
    expect(target.calls).toHaveLength(publicEventTypes.length);
    const few = await prepare({ events: ['Held'] });
    for (const type of publicEventTypes) await few.send(eventOf(type));
    expect(few.target.calls).toHaveLength(1);
  });

  it('tells again of what did not arrive', async () => {
    const { target, send } = await prepare();
    target.answerNext(400);
    await send(eventOf('Completed'));
    await send(eventOf('Completed'));
    expect(target.calls).toHaveLength(2);
  });

  it('speaks though the memory is away', async () => {
    const { target, outbound, send } = await prepare();
    outbound.memory.recall = async () => {
      throw new Error('away');
    };
    await send(eventOf('Completed'));
    expect(target.calls).toHaveLength(1);
  });
});

describe('the URL of a webhook', () => {
  const isTaken = (text: string) =>
    webhookSchema.safeParse({ kind: 'webhook', url: text, signingSecret: 'ci' }).success;

  it.each([
    'https://ci.example.com/hook?x=1',
    'http://127.0.0.1:9000/hook',
    'http://localhost/hook',
    'http://[::1]:80/hook',
  ])('may be %s', (text) => expect(isTaken(text)).toBe(true));

  it.each([
    'http://ci.example.com/hook',
    'http://127.0.0.1.example.com/hook',
    'http://localhost.example.com/',
    'http://10.0.0.1/',
    'https://name:password@ci.example.com/',
    'https://ci.example.com/#fragment',
    'ftp://ci.example.com/',
    'file:///etc/passwd',
    'ci.example.com',
    '',
  ])('is not %s', (text) => expect(isTaken(text)).toBe(false));
});
