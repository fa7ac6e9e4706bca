import { afterEach, describe, expect, it } from 'vitest';
import type { CheckContext, CheckVerdict } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import { checkContext } from '../../support/check-context.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
afterEach(stopAll);

interface Request {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** What a route answers; `json` over `text`. */
interface Answer {
  status?: number;
  headers?: Record<string, string | string[]>;
  json?: unknown;
  text?: string;
}

type Routes = Record<string, Answer | ((request: Request) => Answer)>;

/** A service with these routes (`GET /cart`), and what it was asked for. */
async function service(routes: Routes) {
  const asked: Request[] = [];
  const address = await serve(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    const one = { method, path: url, headers, body };
    asked.push(one);
    const route = routes[`${method} ${url.split('?')[0]}`] ?? { status: 404 };
    const answer = typeof route === 'function' ? route(one) : route;
    const text = answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json);
    response.writeHead(answer.status ?? 200, answer.headers).end(text);
  });
  return { address, asked };
}

/** Logs in by a form, holds a cart in a cookie, and sells. */
const shop = (differs: Routes = {}): Routes => ({
  'GET /login': { text: '<input name="csrf" value="c5rf">' },
  'POST /login': ({ body }) =>
    body === 'user=ada&csrf=c5rf'
      ? { status: 303, headers: { location: '/cart', 'set-cookie': 'sid=1; Path=/; HttpOnly' } }
      : { status: 403 },
  'GET /cart': ({ headers }) =>
    headers.cookie === 'sid=1' ? { json: { items: [{ id: 'mug', count: 1 }] } } : { status: 401 },
  'POST /checkout': ({ headers, body }) =>
    headers.cookie === 'sid=1' && JSON.parse(body).product === 'mug'
      ? { status: 201, json: { order: { id: 'o-77', total: 12 } } }
      : { status: 500 },
  'GET /orders/o-77': { json: { state: 'paid' } },
  ...differs,
});

const steps = [
  { path: '/login', capture: { csrf: { regex: 'name="csrf" value="([^"]+)"' } } },
  {
    ...{ name: 'log in', method: 'POST', path: '/login' },
    form: { user: 'ada', csrf: '{csrf}' },
    expect: { status: 303, redirect: '/cart' },
  },
  {
    path: '{location}',
    expect: { json: { 'items.length': 1 } },
    capture: { product: { json: 'items.0.id' } },
  },
  {
    ...{ name: 'check out', method: 'POST', path: '/checkout', json: { product: '{product}' } },
    expect: { status: 201 },
    capture: { order: { json: 'order.id' } },
  },
  { path: '/orders/{order}', expect: { json: { state: 'paid' } } },
];

const refOf = (address: string | null, version: string) => ({
  ...{ id: `shop-${version}`, kind: 'fake', version, address, attributes: {} },
});

/** Counts on, as names go. */
function counting() {
  let count = 0;
  return {
    next: () => {
      count += 1;
      return `unique${count}`;
    },
  };
}

async function run(
  sides: { green: string | null; blue?: string | null },
  keys: Record<string, unknown> = { steps },
  context: Partial<CheckContext> = {},
): Promise<CheckVerdict> {
  const deps = { timers: realTimers, ids: counting() };
  const check = await createCheck({ kind: 'journey', onBlue: 'always', ...keys }, deps);
  const blue = sides.blue === undefined ? null : refOf(sides.blue, '1');
  const answer = await check.run(
    checkContext({ green: refOf(sides.green, '2'), blue, ...context }),
  );
  if (answer.verdict === 'pending') throw new Error('a journey is never pending');
  return answer;
}

describe('a journey', () => {
  it('passes with cookies, captured values and redirects, on green and as on blue', async () => {
    const [green, blue] = [await service(shop()), await service(shop())];
    const answer = await run({ green: green.address, blue: blue.address });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: 'all 5 steps went as expected, and as on blue',
    });
    expect(green.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      ...['GET /login', 'POST /login', 'GET /cart', 'POST /checkout', 'GET /orders/o-77'],
    ]);
    expect(answer.evidence.steps).toHaveLength(5);
    expect(answer.evidence.captured).toEqual(['csrf', 'product', 'order']);
  });

  it('says which step fails, why, and that blue can do it', async () => {
    const green = await service(shop({ 'POST /checkout': { status: 500 } }));
    const blue = await service(shop());
    const answer = await run({ green: green.address, blue: blue.address });
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary: 'step 4 of 5 (check out): status 500 instead of 201; it works on blue',
    });
    expect(answer.evidence).toMatchObject({
      notTaken: 1,
      steps: [{}, {}, {}, { problem: 'status 500 instead of 201', blue: { status: 201 } }],
    });
  });

  it('does not blame green for what fails on blue, too', async () => {
    const routes = shop({ 'GET /cart': { json: { things: [] } } });
    const [green, blue] = [await service(routes), await service(routes)];
    const answer = await run({ green: green.address, blue: blue.address });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toBe(
      'the journey is out of date: it fails on blue, too: step 3 of 5 (GET {location}): items.length is missing instead of 1',
    );
  });

  it.each([
    ['in another way', { status: 404 }, { json: { things: [] } }, 'on blue: items.length'],
    ['by an outage', { status: 503 }, { status: 503 }, 'status 503; on blue: status 503'],
    ['for too many requests', { status: 429 }, { status: 429 }, 'status 429; on blue'],
    ['while blue is down', { status: 404 }, { status: 502 }, 'status 404; on blue: status 502'],
  ])('blames green for what fails %s', async (_, ours, theirs, told) => {
    const green = await service(shop({ 'GET /cart': ours }));
    const blue = await service(shop({ 'GET /cart': theirs }));
    const answer = await run({ green: green.address, blue: blue.address });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(told);
  });

  it('takes what only differs by names of the sides for the same', async () => {
    const path = '/hello/{environment}/{unique}';
    const own = [{ path, expect: { bodyIncludes: '{environment} {unique}' } }];
    const [green, blue] = [await service({}), await service({})];
    const answer = await run(
      { green: green.address, blue: blue.address },
      { steps: [{ path, expect: { status: 404, json: { id: '{unique}' } } }, ...own] },
    );
    expect(answer.verdict).toBe('warn');
  });

  it('blames green where blue came further, and where blue came less far', async () => {
    const early = await service(shop({ 'POST /login': { status: 500 } }));
    const late = await service(shop({ 'GET /orders/o-77': { status: 500 } }));
    const first = await run({ green: early.address, blue: late.address });
    expect(first.summary).toContain('it works on blue');
    const second = await run({ green: late.address, blue: early.address });
    expect(second.verdict).toBe('fail');
    expect(second.summary).toContain('blue came only to step 2 of 5 (log in)');
  });

  it('passes where blue fails and green does not', async () => {
    const green = await service(shop());
    const blue = await service(shop({ 'POST /checkout': { status: 500 } }));
    const answer = await run({ green: green.address, blue: blue.address });
    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toContain('better than on blue, where step 4 of 5 (check out) fails');
  });

  it('has nothing to compare with in a first release', async () => {
    const green = await service(shop());
    const answer = await run({ green: green.address });
    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toContain('nothing to compare with: first release');
    const broken = await service(shop({ 'POST /checkout': { status: 500 } }));
    expect((await run({ green: broken.address })).verdict).toBe('fail');
  });

  it('fails where green has no address or gives no answer, and says so of blue', async () => {
    expect((await run({ green: null })).summary).toContain('shop-2 has no address');
    const [green, gone] = [await service(shop()), 'http://127.0.0.1:9'];
    const dead = await run({ green: gone, blue: green.address });
    expect(dead.verdict).toBe('fail');
    expect(dead.summary).toContain('step 1 of 5 (GET /login): no answer');
    const alone = await run({ green: green.address, blue: null });
    expect(alone.summary).toContain('not compared with blue: shop-1 has no address');
    const unanswered = await run({ green: green.address, blue: gone });
    expect(unanswered.summary).toContain('blue gave no answer at step 1');
    const both = await run({ green: gone, blue: gone });
    expect(both).toMatchObject({ verdict: 'fail' });
  });

  it('is told of differences that no expectation mentions', async () => {
    const green = await service(
      shop({ 'GET /orders/o-77': { status: 202, json: { state: 'paid', since: 1 } } }),
    );
    const blue = await service(
      shop({ 'GET /orders/o-77': { json: { state: 'paid', total: 3, since: 'today' } } }),
    );
    const sides = { green: green.address, blue: blue.address };
    const answer = await run(sides);
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toBe(
      'step 5 of 5 (GET /orders/{order}) is unlike blue: status 202 instead of 200, total is missing, since is a number instead of text',
    );
    expect((await run(sides, { steps, differences: 'warn' })).verdict).toBe('warn');
    expect((await run(sides, { steps, differences: 'ignore' })).verdict).toBe('pass');
    const ignoring = await run(sides, { steps, ignore: ['total', 'since'] });
    expect(ignoring.summary).toContain('is unlike blue: status 202 instead of 200');
  });

  it('is told of another redirect', async () => {
    const redirect = (location: string): Routes => ({
      'GET /old': { status: 302, headers: { location } },
    });
    const journey = { steps: [{ path: '/old' }] };
    const differ = async (green: string, blue: string) => {
      const sides = [await service(redirect(green)), await service(redirect(blue))] as const;
      return run({ green: sides[0].address, blue: sides[1].address }, journey);
    };
    expect((await differ('/sign-in', '/new')).summary).toContain(
      'a redirect to /sign-in instead of /new',
    );
    expect((await differ('/orders/12?a=1', '/orders/13?a=2')).verdict).toBe('pass');
  });

  it('asks blue only after a failure, or never, where it is told so', async () => {
    const green = await service(shop());
    const broken = await service(shop({ 'POST /checkout': { status: 500 } }));
    const blue = await service(shop());
    const keys = { steps, onBlue: 'after-failure' };
    await run({ green: green.address, blue: blue.address }, keys);
    expect(blue.asked).toHaveLength(0);
    const answer = await run({ green: broken.address, blue: blue.address }, keys);
    expect(answer.summary).toContain('it works on blue');
    const never = await run(
      { green: broken.address, blue: blue.address },
      { steps, onBlue: 'never' },
    );
    expect(never).toMatchObject({
      verdict: 'fail',
      summary: 'step 4 of 5 (check out): status 500 instead of 201',
    });
  });
});

describe('a journey that does not say whether blue is asked', () => {
  it('leaves blue, which has users, alone where a step may write', async () => {
    const [green, blue] = [await service(shop()), await service(shop())];
    const sides = { green: green.address, blue: blue.address };
    const answer = await run(sides, { steps, onBlue: undefined });
    expect(answer.verdict).toBe('pass');
    expect(answer.summary).toContain('not compared with blue, which has users: log in may write');
    expect(blue.asked).toEqual([]);
    const first = await run({ green: green.address }, { steps, onBlue: undefined });
    expect(first.summary).toContain('first release');
  });

  it('is compared where it only asks', async () => {
    const [green, blue] = [await service(shop()), await service(shop())];
    const keys = { steps: [{ path: '/login' }], onBlue: undefined };
    const answer = await run({ green: green.address, blue: blue.address }, keys);
    expect(answer.summary).toBe('all 1 steps went as expected, and as on blue');
  });
});

describe('the steps of a journey', () => {
  it('send secrets, names of their own, and what all have in common', async () => {
    const green = await service({ 'POST /login': { json: { token: 'abc' } }, 'GET /me': {} });
    const own = [
      {
        ...{ method: 'POST', path: '/login', headers: { 'X-Own': '{version}' } },
        json: { user: 'u-{unique}', password: { secret: 'test-user' }, of: ['{environment}'] },
        capture: { token: { json: 'token' } },
      },
      { path: '/me', headers: { authorization: 'Bearer {token}' } },
    ];
    const answer = await run(
      { green: green.address },
      { steps: own, headers: { 'X-Common': { secret: 'common' } } },
      { secret: async (name) => `value of ${name}` },
    );
    expect(answer.verdict).toBe('pass');
    const [login, me] = green.asked;
    expect(JSON.parse(login?.body ?? '')).toEqual({
      ...{ user: 'u-unique1', password: 'value of test-user', of: ['shop-2'] },
    });
    expect(login?.headers).toMatchObject({
      ...{ 'x-own': '2', 'x-common': 'value of common', 'content-type': 'application/json' },
    });
    expect(me?.headers).toMatchObject({ authorization: 'Bearer abc' });
    expect(JSON.stringify(answer)).not.toContain('value of');
  });

  it('capture from headers and cookies, and fail where there is nothing', async () => {
    const green = await service({
      'GET /a': { headers: { 'x-id': '7', 'set-cookie': 'csrf=tok; Path=/' } },
      'GET /b/7/tok': {},
    });
    const capture = { id: { header: 'x-id' }, csrf: { cookie: 'csrf' } };
    const good = [{ path: '/a', capture }, { path: '/b/{id}/{csrf}' }];
    expect((await run({ green: green.address }, { steps: good })).verdict).toBe('pass');
    for (const [place, words] of [
      [{ header: 'x-other' }, 'in the header x-other'],
      [{ cookie: 'other' }, 'in the cookie other'],
      [{ json: 'a.b' }, 'at a.b in the JSON'],
      [{ regex: 'x(y)' }, 'that matches /x(y)/'],
    ] as const) {
      const bad = [{ path: '/a', capture: { value: place } }];
      const answer = await run({ green: green.address }, { steps: bad });
      expect(answer.summary).toContain(`there is nothing ${words} for {value}`);
    }
  });

  it('take what was captured as text in an expression', async () => {
    const green = await service({ 'GET /a': { json: { id: 'A+B(1)' } } });
    const own = [
      { path: '/a', capture: { id: { json: 'id' } } },
      { path: '/a', expect: { bodyMatches: '^\\{"id":"{id}"' } },
    ];
    expect((await run({ green: green.address }, { steps: own })).verdict).toBe('pass');
  });

  it.each<[Record<string, unknown>, string]>([
    [{ status: 201 }, 'status 302, a redirect to /b instead of 201'],
    [{ redirect: '/c' }, 'it redirects to /b instead of /c'],
    [{ headers: { 'x-a': 'b' } }, 'header x-a is missing, without "b"'],
    [{ bodyIncludes: 'word' }, 'the body does not include "word"'],
  ])('fail by what they expect: %j', async (expectations, reason) => {
    const green = await service({ 'GET /a': { status: 302, headers: { location: '/b' } } });
    const own = [{ path: '/a', expect: expectations }];
    expect((await run({ green: green.address }, { steps: own })).summary).toContain(reason);
  });

  it('take any answer below 400 where nothing is expected, and no redirect for one', async () => {
    const green = await service({ 'GET /a': { status: 400 }, 'GET /b': { status: 204 } });
    const of = (path: string, expectations = {}) =>
      run({ green: green.address }, { steps: [{ path, expect: expectations }] });
    expect((await of('/a')).summary).toContain('(GET /a): status 400');
    expect((await of('/b')).verdict).toBe('pass');
    expect((await of('/b', { redirect: '/c*' })).summary).toContain(
      'status 204 and no redirect instead of one to /c*',
    );
  });

  it('keep cookies as a browser does: by path, until they are taken away', async () => {
    const cookies = ['a=1; Path=/shop', 'b=2', 'c=3; Secure', 'd=4; Max-Age=0'];
    const green = await service({
      'GET /set': { headers: { 'set-cookie': cookies } },
      'GET /shop': {},
      'GET /drop': { headers: { 'set-cookie': 'b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT' } },
      'GET /': {},
    });
    const own = ['/set', '/shop', '/drop', '/'].map((path) => ({ path }));
    expect((await run({ green: green.address }, { steps: own })).verdict).toBe('pass');
    expect(green.asked.map(({ headers }) => headers.cookie)).toEqual([
      ...[undefined, 'a=1; b=2; c=3', 'b=2; c=3', 'c=3'],
    ]);
  });

  it('belong to the host that users know, and say which cookie was refused', async () => {
    const green = await service({
      'GET /set': { headers: { 'set-cookie': 'a=1; Domain=shop.example.com' } },
      'GET /': ({ headers }) => ({ status: headers.cookie ? 200 : 401 }),
      'GET /away': { status: 302, headers: { location: 'https://shop.example.com/b?c=1' } },
    });
    const own = [{ path: '/set' }, { path: '/' }];
    const known = await run({ green: green.address }, { steps: own, host: 'shop.example.com' });
    expect(known.verdict).toBe('pass');
    expect(green.asked[0]?.headers['x-forwarded-host']).toBe('shop.example.com');
    const capture = [{ path: '/set', capture: { a: { cookie: 'a' } } }];
    const unknown = await run({ green: green.address }, { steps: capture });
    expect(unknown.summary).toContain('the cookie a was refused');
    const away = [{ path: '/away', expect: { redirect: '/b?c=1' } }];
    const keys = { steps: away, host: 'shop.example.com' };
    expect((await run({ green: green.address }, keys)).verdict).toBe('pass');
  });

  it('do not leave the service', async () => {
    const green = await service({
      'GET /away': { status: 302, headers: { location: 'https://elsewhere.example/b' } },
    });
    const own = [{ path: '/away' }, { path: '{location}' }];
    const answer = await run({ green: green.address }, { steps: own });
    expect(answer.summary).toContain('https://elsewhere.example/b is on another host');
  });

  it('go through the router, to either side', async () => {
    const router = await service({
      'GET /': ({ headers }) => ({
        text: String(headers['x-preview']),
        headers: { 'x-verdigris-environment': String(headers['x-preview']) },
      }),
    });
    const through = { url: router.address, header: { name: 'X-Preview' } };
    const answer = await run(
      { green: null, blue: null },
      { through, steps: [{ path: '/', expect: { bodyMatches: 'shop-[12]' } }] },
    );
    expect(answer.verdict).toBe('pass');
    expect(router.asked.map(({ headers }) => headers['x-preview'])).toEqual(['shop-1', 'shop-2']);
  });
});

describe('a journey through a router that knows no preview', () => {
  it('fails, for blue may have answered', async () => {
    const router = await service({ 'GET /': {} });
    const through = { url: router.address, header: { name: 'x-preview' } };
    const answer = await run({ green: null, blue: null }, { through, steps: [{ path: '/' }] });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('nobody says who answered');
  });
});

describe('a journey of a green that has users', () => {
  it('is not taken where it may write, unless it is allowed to', async () => {
    const green = await service(shop());
    const answer = await run({ green: green.address }, { steps }, { isLive: true });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain('not taken: it may write (log in, check out)');
    expect(green.asked).toEqual([]);
    const allowed = await run({ green: green.address }, { steps, writes: true }, { isLive: true });
    expect(allowed.verdict).toBe('pass');
  });

  it('is taken where it only asks', async () => {
    const green = await service(shop());
    const asking = { steps: [{ path: '/login' }] };
    expect((await run({ green: green.address }, asking, { isLive: true })).verdict).toBe('pass');
  });
});

describe('the journey part of a manifest', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['neither steps nor a recording', {}, 'one of steps and har'],
    ['both', { steps: [{ path: '/' }], har: 'a.har' }, 'one of steps and har'],
    ['an unknown placeholder', { steps: [{ path: '/{id}' }] }, '{id} was captured by no step'],
    [
      'one that is captured later',
      { steps: [{ path: '/', headers: { a: '{b}' }, capture: { b: { json: 'b' } } }] },
      '{b} was captured by no step before',
    ],
    ['two bodies', { steps: [{ path: '/', body: 'a', json: {} }] }, 'more than one of body'],
    [
      'a broken pattern',
      { steps: [{ path: '/', capture: { a: { regex: '(' } } }] },
      'regular expression',
    ],
    [
      "the conductor's own secret",
      { steps: [{ path: '/', json: { a: { secret: 'verdigris-signing' } } }] },
      'own',
    ],
  ])('is refused with %s', async (_name, keys, reason) => {
    await expect(run({ green: null }, keys)).rejects.toThrow(reason);
  });
});
