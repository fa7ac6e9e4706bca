import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CheckAnswer } from '../../../lib/checks/check.ts';
import { checkKinds, createCheck } from '../../../lib/checks/index.ts';
import type { Timers } from '../../../lib/release/clock.ts';
import { checkContext } from '../../support/check-context.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Delays end at once, and are noted. */
function impatient(): { timers: Timers; delays: number[] } {
  const delays: number[] = [];
  const after: Timers['after'] = (delayMs, callback) => {
    delays.push(delayMs);
    queueMicrotask(callback);
    return () => {};
  };
  return { timers: { after }, delays };
}

interface RunOptions {
  timers?: Timers;
  abort?: AbortSignal;
}

async function run(
  address: string | null,
  keys: Record<string, unknown>,
  { timers = impatient().timers, abort = new AbortController().signal }: RunOptions = {},
): Promise<Exclude<CheckAnswer, { verdict: 'pending' }>> {
  const check = await createCheck({ kind: 'http', path: '/', ...keys }, { timers });
  const green = { id: 'shop-2-abc', kind: 'fake', version: '2', address, attributes: {} };
  const answer = await check.run(checkContext({ green, abort }));
  if (answer.verdict === 'pending') throw new Error('an http check is never pending');
  return answer;
}

describe('an http check', () => {
  it('passes on 200 and keeps what it saw as evidence', async () => {
    const address = await serve((request, response) => response.end(`hello from ${request.url}`));
    const answer = await run(`${address}/`, { path: '/healthz' });
    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toMatch(/^GET \/healthz answered 200 in [\d.]+ ms$/);
    expect(answer.evidence).toMatchObject({
      url: `${address}/healthz`,
      status: 200,
      attempts: [{ status: 200, reason: null }],
      body: 'hello from /healthz',
    });
    expect(answer.evidence.latencyMs).toBeTypeOf('number');
  });

  it('sends its method, headers and body', async () => {
    const address = await serve(async (request, response) => {
      const chunks = await request.toArray();
      response.end(`${request.method} ${request.headers['x-probe']} ${Buffer.concat(chunks)}`);
    });
    const keys = {
      method: 'POST',
      headers: { 'x-probe': 'yes' },
      body: '{"a":1}',
      expect: { bodyIncludes: 'POST yes {"a":1}' },
    };
    expect((await run(address, keys)).verdict).toBe('pass');
  });

  it('warns when a later attempt passes', async () => {
    let calls = 0;
    const address = await serve((_request, response) => {
      calls += 1;
      response.statusCode = calls < 2 ? 503 : 200;
      response.end();
    });
    const { timers, delays } = impatient();
    const answer = await run(address, { retryDelay: '300ms' }, { timers });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain('flaky: passed on attempt 2 of 3');
    expect(delays).toEqual([300]);
    expect(answer.evidence.attempts).toMatchObject([
      { status: 503, reason: 'status 503 instead of 200' },
      { status: 200, reason: null },
    ]);
  });

  it('fails after its attempts with the last reason', async () => {
    let calls = 0;
    const address = await serve((_request, response) => {
      calls += 1;
      response.statusCode = 500;
      response.end('boom');
    });
    const answer = await run(address, { attempts: 2 });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toBe('GET / failed 2 of 2 attempts: status 500 instead of 200');
    expect(answer.evidence.body).toBe('boom');
    expect(calls).toBe(2);
  });

  it('fails where nobody listens', async () => {
    const address = await serve((_request, response) => response.end());
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    const answer = await run(address, { attempts: 1 });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('no answer: the connection was refused');
  });

  it('fails when green has no address', async () => {
    const answer = await run(null, {});
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('shop-2-abc has no address');
  });

  it('does not follow redirects', async () => {
    const address = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/elsewhere' });
      response.end();
    });
    expect((await run(address, { attempts: 1 })).summary).toContain('status 302 instead of 200');
    expect((await run(address, { expect: { status: [301, 302] } })).verdict).toBe('pass');
  });

  it('keeps no more than 512 bytes of the body, and reads no endless one to its end', async () => {
    const address = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('é'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const answer = await run(address, { attempts: 1 });
    expect(answer.verdict).toBe('pass');
    expect(Buffer.byteLength(String(answer.evidence.body))).toBe(512);
  });

  it('stops when its time is up during a request', async () => {
    const abort = new AbortController();
    const address = await serve(() => abort.abort());
    const answer = await run(address, {}, { abort: abort.signal });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('its time was up after 1 of 3 attempts');
  });

  it('stops when its time is up between two attempts', async () => {
    const abort = new AbortController();
    const clock = createVirtualClock();
    let calls = 0;
    const address = await serve((_request, response) => {
      calls += 1;
      response.statusCode = 500;
      response.end();
    });
    const timers: Timers = {
      after(delayMs, callback) {
        queueMicrotask(() => abort.abort());
        return clock.after(delayMs, callback);
      },
    };
    const answer = await run(address, { retryDelay: '1h' }, { timers, abort: abort.signal });
    expect(answer.summary).toContain('its time was up after 1 of 3 attempts');
    expect(calls).toBe(1);
  });
});

describe('what an http check expects', () => {
  const body = JSON.stringify({ ok: true, products: [{ name: 'mug', price: null }], n: 3 });
  const listener: RequestListener = (_request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(body);
  };

  it.each<[string, Record<string, unknown>]>([
    ['a part of the body', { bodyIncludes: '"mug"' }],
    ['a pattern', { bodyMatches: '"n":\\d' }],
    [
      'values in JSON',
      { json: { ok: true, 'products.0.name': 'mug', 'products.length': 1, n: 3 } },
    ],
    ['null in JSON', { json: { 'products.0.price': null } }],
    ['an object in JSON', { json: { 'products.0': { price: null, name: 'mug' } } }],
    ['a header', { headers: { 'Content-Type': 'application/json' } }],
    ['an answer in time', { maxLatency: '1h' }],
  ])('is met by %s', async (_name, expectations) => {
    const address = await serve(listener);
    expect((await run(address, { attempts: 1, expect: expectations })).summary).toContain(
      'answered',
    );
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['another status', { status: [201, 204] }, 'status 200 instead of 201 or 204'],
    ['a missing part', { bodyIncludes: 'cup' }, 'the body does not include "cup"'],
    ['another pattern', { bodyMatches: '^x' }, 'the body does not match /^x/'],
    [
      'another value',
      { json: { 'products.0.name': 'cup' } },
      'products.0.name is "mug" instead of "cup"',
    ],
    ['another type', { json: { n: '3' } }, 'n is 3 instead of "3"'],
    ['a missing value', { json: { 'a.b': 1 } }, 'a.b is missing instead of 1'],
    [
      'an inherited value',
      { json: { 'constructor.name': 'Object' } },
      'constructor.name is missing',
    ],
    ['a missing header', { headers: { 'x-a': 'b' } }, 'header x-a is missing, without "b"'],
    [
      'another header',
      { headers: { 'content-type': 'html' } },
      'is "application/json; charset=utf-8"',
    ],
    ['a slow answer', { maxLatency: '0ms' }, 'more than 0 ms'],
  ])('is not met by %s', async (_name, expectations, reason) => {
    const address = await serve(listener);
    const answer = await run(address, { attempts: 1, expect: expectations });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(reason);
  });

  it('says so when the body is not JSON', async () => {
    const address = await serve((_request, response) => response.end('{"ok": tru'));
    const answer = await run(address, { attempts: 1, expect: { json: { ok: true } } });
    expect(answer.summary).toContain('the body is not JSON');
  });
});

describe('the http part of a manifest', () => {
  it.each<[string, Record<string, unknown>]>([
    ['no path', { path: undefined }],
    ['a path without /', { path: 'healthz' }],
    ['too many attempts', { attempts: 11 }],
    ['a broken pattern', { expect: { bodyMatches: '(' } }],
    ['a misspelt expectation', { expect: { staus: 200 } }],
    ['an impossible status', { expect: { status: 42 } }],
  ])('is refused with %s', async (_name, keys) => {
    const config = { kind: 'http', path: '/', ...keys };
    await expect(createCheck(config, impatient())).rejects.toThrow(z.ZodError);
  });

  it('can be told to editors as JSON schema', () => {
    const [http] = checkKinds;
    expect(http && z.toJSONSchema(http.schema, { io: 'input' })).toHaveProperty(
      'properties.expect',
    );
  });

  it('knows its kinds', async () => {
    await expect(createCheck({ kind: 'htp' }, impatient())).rejects.toMatchObject({
      name: 'KindUnavailableError',
    });
  });
});
