import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckContext, CheckVerdict } from '../../../lib/checks/check.ts';
import { type CheckDeps, createCheck } from '../../../lib/checks/index.ts';
import type { Timers } from '../../../lib/release/clock.ts';
import { checkContext } from '../../support/check-context.ts';
import { harOf } from '../../support/har.ts';
import { createServers } from '../../support/serve.ts';
import { checkFilesOf } from '../../support/version-files.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
afterEach(stopAll);

/** Pauses between attempts and rounds end at once. */
const timers: Timers = {
  after: (ms, callback) => realTimers.after(ms < 2000 ? 0 : ms, callback),
};

const product = { id: 'lamp', name: 'Desk lamp', price: 49 };
/** How an answer is written down: JSON, unless it is text or says more. */
type Body = object | string | { status: number; headers?: Record<string, string>; text?: string };

/** Answers by path; a function answers anew each time. */
function answering(routes: Record<string, Body | (() => Body)>): RequestListener {
  return ({ url = '' }, response) => {
    const route = routes[url.split('?')[0] ?? ''] ?? { status: 404 };
    const body = typeof route === 'function' ? route() : route;
    if (typeof body === 'string') response.setHeader('content-type', 'text/html').end(body);
    else if ('status' in body && typeof body.status === 'number')
      response.writeHead(body.status, 'headers' in body ? body.headers : {}).end('');
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  };
}

const refOf = (address: string | null, version: string) => ({
  ...{ id: `shop-${version}`, kind: 'fake', version, address, attributes: {} },
});

async function run(
  sides: { blue: string | null; green: string | null },
  keys: Record<string, unknown>,
  { deps = {}, context = {} }: { deps?: Partial<CheckDeps>; context?: Partial<CheckContext> } = {},
): Promise<CheckVerdict> {
  const check = await createCheck({ kind: 'replay', ...keys }, { timers, ...deps });
  const refs = { blue: refOf(sides.blue, 'v1'), green: refOf(sides.green, 'v2') };
  const answer = await check.run(checkContext({ ...refs, ...context }));
  if (answer.verdict === 'pending') throw new Error('a replay is never pending');
  return answer;
}

/** Replays one path of two services that answer like this. */
async function compare(
  blue: Body | (() => Body),
  green: Body | (() => Body),
  keys: Record<string, unknown> = {},
): Promise<CheckVerdict> {
  const sides = {
    blue: await serve(answering({ '/x': blue })),
    green: await serve(answering({ '/x': green })),
  };
  return run(sides, { source: { requests: ['/x'] }, ...keys });
}

describe('a replay', () => {
  it('passes when both sides answer alike', async () => {
    const answer = await compare(product, { ...product });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: '1 request is answered as on blue',
      evidence: { sent: 1, alike: 1, differing: 0, samples: ['GET /x'] },
    });
  });

  it.each<[string, Body, Body, string]>([
    ['a value', product, { ...product, price: 44 }, 'price is 44 instead of 49'],
    ['a type', product, { ...product, price: '49' }, 'price is text ("49") instead of a number'],
    ['a missing key', { a: { b: 1 } }, { a: {} }, 'a.b is missing'],
    ['a null', { a: 1 }, { a: null }, 'a is null instead of 1'],
    ['a shorter list', { a: [1, 2] }, { a: [1] }, 'a has 1 items instead of 2'],
    ['an element', [{ a: 1 }], [{ a: 2 }], '0.a is 2 instead of 1'],
    ['a status', product, { status: 500 }, 'status 500 instead of 200'],
    ['a content type', product, 'html', 'content type text/html instead of application/json'],
    [
      'a redirect',
      { status: 302, headers: { location: '/a' } },
      { status: 302, headers: { location: '/b' } },
      'a redirect to /b instead of /a',
    ],
    ['a text', 'all of the words', 'none that we had', '0% of the text is the same'],
  ])('finds %s that differs', async (_name, blue, green, difference) => {
    const answer = await compare(blue, green);
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(`1 of 1 request is answered unlike blue: GET /x: `);
    expect(answer.summary).toContain(difference);
    expect(answer.evidence.differences).toMatchObject([{ request: 'GET /x' }]);
  });

  it.each<[string, Body, Body]>([
    [
      'times',
      { at: '2026-01-01T00:00:00Z', ms: 1.7e12 },
      { at: '2026-02-02T01:01:01.5Z', ms: 1.71e12 },
    ],
    [
      'ids',
      { id: 'c6f3b8a0-6b1e-4f3c-9a55-0d3e7b1a2c4d' },
      { id: '0b9f2f7e-1c2d-4e5f-8a6b-7c8d9e0f1a2b' },
    ],
    ['tokens', { token: 'v1.eyJhIjoxfQ.abc12' }, { token: 'v1.eyJiIjoyfQ.xyz98' }],
    ['what a side calls itself', { v: 'v1', e: 'shop-v1' }, { v: 'v2', e: 'shop-v2' }],
    ['the same within a text', 'Live from <b>v1</b> at 10:00', 'Live from <b>v2</b> at 11:30'],
    ['a new key', product, { ...product, colour: 'red' }],
    ['a few other words', 'a b c d e f g h i j', 'a b c d e f g h i k'],
  ])('takes no offence at %s', async (_name, blue, green) => {
    expect((await compare(blue, green)).summary).toBe('1 request is answered as on blue');
  });

  it('leaves out what is noise: what differs between two answers of blue', async () => {
    let count = 0;
    const noisy = () => {
      count += 1;
      return { ...product, items: [{ stock: count }, { stock: -count }] };
    };
    const answer = await compare(noisy, noisy);
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: '1 request is answered as on blue (but for noise in 1)',
    });
    const wrong = await compare(noisy, () => ({ ...noisy(), price: 1 }));
    expect(wrong.summary).toContain('price is 1 instead of 49');
    expect(wrong.summary).not.toContain('stock');
  });

  it('leaves out what had changed between two looks', async () => {
    let asked = 0;
    const late = () => {
      asked += 1;
      return { price: asked === 1 ? 48 : 49 };
    };
    expect((await compare({ price: 49 }, late)).verdict).toBe('pass');
  });

  it('counts a status that is wrong only sometimes', async () => {
    const inTurn = (...statuses: number[]) => {
      let asked = 0;
      return () => {
        asked += 1;
        return { status: statuses[asked - 1] ?? 200 };
      };
    };
    expect((await compare({ status: 200 }, inTurn(500, 200))).verdict).toBe('fail');
    const late = inTurn(200, 500);
    const answer = await compare(
      () => ({ price: 49 }),
      () => {
        const next = late();
        return next.status === 200 ? { price: 44 } : next;
      },
    );
    expect(answer.summary).toContain('status 500 instead of 200');
  });

  it('can be told what not to compare, how much may differ, and to be strict', async () => {
    const green = { ...product, price: 44 };
    expect((await compare(product, green, { ignore: ['price'] })).verdict).toBe('pass');
    expect(
      (await compare({ a: [{ price: 1 }] }, { a: [{ price: 2 }] }, { ignore: ['**.price'] }))
        .verdict,
    ).toBe('pass');
    expect((await compare(product, green, { tolerance: '100%' })).verdict).toBe('warn');
    const strict = await compare(product, { ...product, b: 1 }, { allowAdded: false });
    expect(strict.summary).toContain('b is there, and not on blue');
    expect((await compare('a b c', 'a b d', { similarity: '60%' })).verdict).toBe('pass');
  });

  it('has nothing to compare with in a first release', async () => {
    const answer = await run(
      { blue: null, green: null },
      { source: 'traffic' },
      { context: { blue: null } },
    );
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: 'nothing to compare with: first release',
    });
  });

  it('fails where a side has no address, or blue gives nothing to compare with', async () => {
    const green = await serve(answering({ '/x': product }));
    const source = { requests: ['/x'] };
    expect((await run({ blue: green, green: null }, { source })).summary).toContain(
      'shop-v2 has no',
    );
    expect((await run({ blue: null, green }, { source })).summary).toContain('shop-v1 has no');
    const dead = await run({ blue: 'http://127.0.0.1:9', green }, { source });
    expect(dead).toMatchObject({ verdict: 'fail' });
    expect(dead.summary).toContain('none of 1 request could be compared: GET /x: blue: no answer');
    const broken = await serve(answering({ '/x': { status: 503 } }));
    expect((await run({ blue: broken, green }, { source })).summary).toContain('blue: status 503');
    const unanswered = await run({ blue: green, green: 'http://127.0.0.1:9' }, { source });
    expect(unanswered.summary).toContain('answered unlike blue: GET /x: no answer');
  });

  it('warns of requests that could not be compared, and fails with too few', async () => {
    const routes = { '/x': product, '/y': { status: 429 } };
    const sides = { blue: await serve(answering(routes)), green: await serve(answering(routes)) };
    const source = { requests: ['/x', '/y'] };
    const answer = await run(sides, { source });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain('; 1 could not be compared');
    const few = await run(sides, { source, minRequests: 2 });
    expect(few).toMatchObject({ verdict: 'fail' });
    expect(few.summary).toBe('only 1 request could be compared, 2 are asked for');
  });

  it('says how many are refused on both sides', async () => {
    const refused = { status: 401 };
    expect((await compare(refused, refused)).summary).toContain('1 of them are refused on both');
  });

  it('fails when its time is up before anything was asked', async () => {
    const answer = await run(
      { blue: 'http://127.0.0.1:9', green: 'http://127.0.0.1:9' },
      { source: { requests: ['/x'] } },
      { context: { abort: AbortSignal.abort() } },
    );
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary: 'there was no time for any of 1 request',
    });
  });

  it('ends with what it has when its time is nearly up', async () => {
    const slow: RequestListener = (_, response) => void setTimeout(() => response.end('x'), 60);
    const sides = { blue: await serve(slow), green: await serve(slow) };
    const requests = Array.from({ length: 40 }, (_, i) => `/${i}`);
    const context = { timeoutSeconds: 0.5 };
    const answer = await run(sides, { source: { requests }, timeout: '60s' }, { context });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toMatch(/^\d+ requests are answered as on blue; \d+ of 40 were left/);
  });

  it('gives up a side that keeps silent, and not the others', async () => {
    const open = new AbortController();
    const silent: RequestListener = () => {};
    const hasty: Timers = { after: (ms, callback) => realTimers.after(ms / 100, callback) };
    const green = await serve(answering({ '/x': product }));
    const answer = await run(
      { blue: green, green: await serve(silent) },
      { source: { requests: ['/x'] } },
      { deps: { timers: hasty }, context: { abort: open.signal } },
    );
    expect(answer.summary).toContain('no answer: nothing within 5 s');
  });

  it('keeps evidence of many differences small', async () => {
    const all = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`key${i}`, 'x'.repeat(200)]),
    );
    const sides = {
      blue: await serve((_, response) => response.end(JSON.stringify(all))),
      green: await serve((_, response) => response.end('{}')),
    };
    const requests = Array.from({ length: 200 }, (_, i) => `/${'p'.repeat(100)}${i}`);
    const answer = await run(sides, { source: { requests }, limit: 200 });
    expect(answer.verdict).toBe('fail');
    expect(JSON.stringify(answer.evidence).length).toBeLessThan(16_384);
  });
});

describe('what a replay sends', () => {
  /** Two sides that note what they are asked for. */
  async function noting() {
    const asked: string[] = [];
    const listener: RequestListener = (request, response) => {
      const { method, url, headers } = request;
      asked.push(`${method} ${url} ${headers['x-all'] ?? ''}${headers.accept ?? ''}`.trim());
      response.end('same');
    };
    return { asked, sides: { blue: await serve(listener), green: await serve(listener) } };
  }

  const once = (asked: string[]) => [...new Set(asked)];

  it('is each request once, with the headers of all, and secrets in their places', async () => {
    const { asked, sides } = await noting();
    const source = { requests: ['/a', '/b', '/a', { path: '/c', headers: { accept: 'b' } }] };
    const headers = { 'X-All': { secret: 'all' } };
    const context = { secret: async () => 'hush' };
    const answer = await run(sides, { source, headers }, { context });
    expect(asked).toHaveLength(6);
    expect(once(asked).toSorted()).toEqual(['GET /a hush*/*', 'GET /b hush*/*', 'GET /c hushb']);
    expect(JSON.stringify(answer)).not.toContain('hush');
  });

  it('leaves out what may write, unless it is told otherwise and green has no users', async () => {
    const source = { requests: ['/a', { path: '/b', method: 'POST', json: { a: 1 } }] };
    const one = await noting();
    const answer = await run(one.sides, { source });
    expect(once(one.asked)).toEqual(['GET /a */*']);
    expect(answer.evidence.leftOut).toEqual({ writing: 1, beyondLimit: 0 });
    const two = await noting();
    await run(two.sides, { source, writes: true });
    expect(once(two.asked).toSorted()).toEqual(['GET /a */*', 'POST /b */*']);
    const live = await noting();
    await run(live.sides, { source, writes: true }, { context: { isLive: true } });
    expect(once(live.asked)).toEqual(['GET /a */*']);
    const only = { requests: [{ path: '/b', method: 'POST' }] };
    const nothing = await run(live.sides, { source: only });
    expect(nothing).toMatchObject({
      verdict: 'warn',
      summary: 'nothing was replayed: all 1 may write',
    });
  });

  it('writes once, and compares only what the answers are made of', async () => {
    let asked = 0;
    const listener: RequestListener = (_, response) => {
      asked += 1;
      response.end(JSON.stringify({ id: asked }));
    };
    const sides = { blue: await serve(listener), green: await serve(listener) };
    const source = { requests: [{ path: '/b', method: 'POST' }] };
    expect((await run(sides, { source, writes: true })).verdict).toBe('pass');
    expect(asked).toBe(2);
  });

  it('is no more than the limit, and little where green has users', async () => {
    const source = { requests: Array.from({ length: 50 }, (_, i) => `/${i}`) };
    const one = await noting();
    const answer = await run(one.sides, { source, limit: 30 });
    expect(one.asked).toHaveLength(60);
    expect(answer.evidence.leftOut).toMatchObject({ beyondLimit: 20 });
    const live = await noting();
    await run(live.sides, { source }, { context: { isLive: true } });
    expect(live.asked).toHaveLength(40);
  });

  it('comes from the traffic that the router remembers', async () => {
    const { asked, sides } = await noting();
    const recentRequests = (service: string) => [
      { path: `/${service}?q=secret`, accept: 'text/html' },
      { path: '/b', accept: null },
    ];
    const answer = await run(sides, { source: 'traffic' }, { deps: { recentRequests } });
    expect(once(asked).toSorted()).toEqual(['GET /b */*', 'GET /shop?q=secret text/html']);
    expect(answer.evidence.samples).toEqual(['GET /shop?q=…', 'GET /b']);
    const open = { source: 'traffic', showQueries: true };
    const shown = await run(sides, open, { deps: { recentRequests } });
    expect(shown.evidence.samples).toContain('GET /shop?q=secret');
  });

  it('warns where the router knows no request, or fails where some are asked for', async () => {
    const { sides } = await noting();
    const deps = { recentRequests: () => [] };
    const answer = await run(sides, { source: 'traffic' }, { deps });
    expect(answer).toMatchObject({
      verdict: 'warn',
      summary: 'nothing was replayed: no request is known yet',
    });
    const asking = await run(sides, { source: 'traffic', minRequests: 1 }, { deps });
    expect(asking.verdict).toBe('fail');
    await expect(run(sides, { source: 'traffic' })).rejects.toMatchObject({
      name: 'KindUnavailableError',
    });
  });

  it('comes from a HAR file, without its credentials', async () => {
    const { asked, sides } = await noting();
    const text = harOf([
      { path: '/a', headers: { authorization: 'Bearer 1', accept: 'x/y', cookie: 'a=1' } },
      { path: '/b', method: 'POST' },
    ]);
    const files = checkFilesOf({ 'a.har': text });
    await run(sides, { source: { har: 'a.har' } }, { deps: { files } });
    expect(once(asked)).toEqual(['GET /a x/y']);
  });

  it('comes from a file of lines, and says which of them is wrong', async () => {
    const { asked, sides } = await noting();
    const lines = (text: string) => ({
      deps: { files: checkFilesOf({ 'requests.jsonl': text }) },
    });
    const good = '{"path":"/a"}\n\n{"path":"/b","method":"head","headers":{"accept":"z"}}\n';
    const source = { lines: 'requests.jsonl' };
    await run(sides, { source }, lines(good));
    expect(once(asked).toSorted()).toEqual(['GET /a */*', 'HEAD /b z']);
    for (const bad of ['nothing', '{"path":"a"}', '{"path":"/a","way":1}'])
      await expect(run(sides, { source }, lines(`{"path":"/a"}\n${bad}`))).rejects.toThrow(
        'requests.jsonl, line 2, is no request',
      );
    await expect(run(sides, { source })).rejects.toMatchObject({ name: 'KindUnavailableError' });
  });

  it('goes through the router to either side', async () => {
    const listener: RequestListener = ({ headers }, response) => {
      const side = String(headers['x-preview']);
      response.setHeader('x-verdigris-environment', side);
      response.end(JSON.stringify({ price: side === 'shop-v1' ? 49 : 44 }));
    };
    const through = { url: await serve(listener), header: { name: 'x-preview' } };
    const answer = await run(
      { blue: null, green: null },
      { source: { requests: ['/x'] }, through },
    );
    expect(answer.summary).toContain('price is 44 instead of 49');
  });

  it('fails where the router does not say which side answered', async () => {
    const through = {
      ...{ url: await serve((_, response) => response.end('{}')), header: { name: 'x-preview' } },
    };
    const keys = { source: { requests: ['/x'] }, through };
    const answer = await run({ blue: null, green: null }, keys);
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('header x-verdigris-environment is missing');
  });
});
