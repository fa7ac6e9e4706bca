import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import { checkContext } from '../../support/check-context.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
afterEach(stopAll);

/** How one side of a service makes sessions and understands them. */
interface Habits {
  /** Forms that it reads; it writes the last one. */
  forms: string[];
  attributes?: string;
  /** Writes its cookie anew with every answer. */
  isRefreshing?: boolean;
  /** Shows the account to everybody. */
  isOpenToAll?: boolean;
  breaksLogin?: boolean;
  /** Breaks off so many requests first. */
  breaksOff?: number;
}

/** Sessions are plain text here: `form:user:quantity`. */
function side({ forms, attributes = '', isRefreshing, isOpenToAll, ...habits }: Habits) {
  const seen: IncomingMessage[] = [];
  let left = habits.breaksOff ?? 0;
  const seal = (user: string, quantity: string) => `${forms.at(-1)}:${user}:${quantity}`;
  const listener: RequestListener = async (request, response) => {
    seen.push(request);
    if (left > 0) {
      left -= 1;
      request.socket.destroy();
      return;
    }
    const body = Buffer.concat(await request.toArray()).toString();
    const brought = /session=([^;]*)/.exec(request.headers.cookie ?? '')?.[1];
    const token = request.headers.authorization?.slice('Bearer '.length) ?? brought ?? '';
    const [form = '', user = '', quantity = '0'] = token.split(':');
    const isKnown = forms.includes(form);
    const cookie = (value: string) => ({ 'set-cookie': `session=${value}; Path=/; ${attributes}` });
    const answer = (status: number, value: object, headers = {}) =>
      response.writeHead(status, headers).end(JSON.stringify(value));
    if (request.url === '/login') {
      const name = /ada/.exec(body)?.[0] ?? 'nobody';
      const sealed = seal(name, '0');
      answer(habits.breaksLogin ? 500 : 200, { auth: { token: sealed } }, cookie(sealed));
      return;
    }
    if (!isKnown) {
      answer(isOpenToAll ? 200 : 401, {});
      return;
    }
    if (request.method === 'POST') answer(200, {}, cookie(seal(user, '2')));
    else answer(200, { user, quantity }, isRefreshing ? cookie(seal(user, quantity)) : {});
  };
  return { listener, seen };
}

const plain = {
  kind: 'session',
  login: { path: '/login', json: { user: 'ada' } },
  verify: { path: '/account' },
  samples: 2,
};
const cart = {
  put: { path: '/cart', json: { quantity: 2 } },
  see: { path: '/cart', expect: { json: { quantity: '2' } } },
};

interface Scene {
  blue?: Habits | null;
  green?: Habits;
  config?: object;
  isLive?: boolean;
  secrets?: Record<string, string>;
}

const good: Habits = { forms: ['v1'] };

async function prepare({ blue = good, green = good, config = {}, ...around }: Scene = {}) {
  const check = await createCheck({ ...plain, ...config }, { timers: realTimers });
  const sides = { blue: blue && side(blue), green: side(green) };
  const ref = { kind: 'fake', version: '1', attributes: {} };
  const context = checkContext({
    green: { ...ref, id: 'shop-2', address: await serve(sides.green.listener) },
    blue: sides.blue && { ...ref, id: 'shop-1', address: await serve(sides.blue.listener) },
    isLive: around.isLive ?? false,
    secret: async (name) => around.secrets?.[name] ?? Promise.reject(new Error(`no ${name}`)),
  });
  return { check, context, sides };
}

async function verdictOf(scene: Scene = {}): Promise<CheckVerdict> {
  const { check, context } = await prepare(scene);
  return (await check.run(context)) as CheckVerdict;
}

describe('sessions', () => {
  it('pass when they are the same everywhere', async () => {
    const answer = await verdictOf({ config: { state: cart } });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary:
        '0 of 4 sessions lost: 2 made on blue work on green and back on blue, 2 made on green work on blue with what is in them',
      evidence: { sessionsTried: 4, sessionsLost: 0, carry: 'cookie', state: 'carried', lost: [] },
    });
    expect(JSON.stringify(answer.evidence)).not.toContain('v1:ada');
  });

  it('fail when green does not know those of blue', async () => {
    const answer = await verdictOf({ green: { forms: ['v2'] } });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toBe(
      '4 of 4 sessions lost: made on blue, works on blue, not on green (2 of 2): GET /account: status 401 instead of 200; ' +
        'made on green, works on green, not on blue: lost by a rollback (2 of 2): GET /account: status 401 instead of 200',
    );
    expect(answer.evidence).toMatchObject({ sessionsTried: 4, sessionsLost: 4 });
  });

  it('fail when green writes what blue cannot read', async () => {
    const green = { forms: ['v1', 'v2'] };
    const answer = await verdictOf({ green, config: { state: cart } });
    expect(answer.summary).toMatch(
      /^4 of 4 sessions lost: made on blue, used on green, works no longer on blue: lost by a rollback/,
    );
    expect(answer.evidence).toMatchObject({ sessionsTried: 4, sessionsLost: 4 });
  });

  it('fail when green only refreshes them in a new form', async () => {
    const answer = await verdictOf({ green: { forms: ['v1', 'v2'], isRefreshing: true } });
    expect(answer.summary).toContain('used on green, works no longer on blue');
  });

  it('do not go back changed where what is put in must not come twice', async () => {
    const green = { forms: ['v1', 'v2'] };
    const answer = await verdictOf({ green, config: { state: { ...cart, repeat: false } } });
    expect(answer.summary).toMatch(/^2 of 4 sessions lost: made on green, works on green, not on/);
  });

  it('fail when green makes none that work', async () => {
    const answer = await verdictOf({ green: { forms: ['v1'], breaksLogin: true } });
    expect(answer.summary).toBe(
      '2 of 4 sessions lost: made on green, does not work on green (2 of 2): POST /login: status 500 instead of 200',
    );
  });

  it('fail when what is in them does not come along', async () => {
    const config = {
      state: { ...cart, see: { path: '/cart', expect: { json: { quantity: '2', user: 'ada' } } } },
    };
    const green = { forms: ['v1'], attributes: 'Path=/account' };
    const answer = await verdictOf({ green, config });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(
      'cookie session has Path=/account on green and Path=/ on blue',
    );
  });

  it('go by token, too', async () => {
    const config = { carry: 'bearer', token: 'auth.token' };
    expect(await verdictOf({ config })).toMatchObject({ verdict: 'pass' });
    const answer = await verdictOf({ config, green: { forms: ['v2'] } });
    expect(answer.summary).toMatch(/^4 of 4 sessions lost/);
    const elsewhere = await verdictOf({ config: { ...config, token: 'token' } });
    expect(elsewhere.summary).toContain('its answer has no text at token');
  });

  it('warn of attributes that lose nobody', async () => {
    const answer = await verdictOf({ blue: { forms: ['v1'], attributes: 'HttpOnly' } });
    expect(answer).toMatchObject({
      verdict: 'warn',
      summary: '0 of 4 sessions lost, but cookie session is no longer HttpOnly on green',
    });
  });

  it('are taken as a browser takes them at the address of the service', async () => {
    const config = { url: 'https://shop.example.com' };
    const green = { forms: ['v1'], attributes: 'Domain=shop.internal' };
    const answer = await verdictOf({ config, green });
    expect(answer.summary).toContain('a browser refuses the cookie session: Domain=shop.internal');
    const { check, context, sides } = await prepare({ config });
    await check.run(context);
    expect(sides.green.seen[0]?.headers).toMatchObject({
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example.com',
    });
  });

  it('get secrets in bodies, forms and headers', async () => {
    const secrets = { password: 'open sesame', key: 'abc' };
    const headers = { 'x-key': { secret: 'key' } };
    const login = { path: '/login', headers, form: { user: 'ada', word: { secret: 'password' } } };
    const { check, context, sides } = await prepare({ secrets, config: { login } });
    expect(await check.run(context)).toMatchObject({ verdict: 'pass' });
    const seen = sides.green.seen.find(({ url }) => url === '/login');
    expect(seen?.headers).toMatchObject({
      'x-key': 'abc',
      'content-type': 'application/x-www-form-urlencoded',
    });
    const json = { user: 'ada', word: { secret: 'missing' } };
    const { check: other } = await prepare({ config: { login: { path: '/login', json } } });
    await expect(other.run(context)).rejects.toThrow('missing');
  });

  it('are asked for again where a connection breaks off', async () => {
    const answer = await verdictOf({ green: { forms: ['v1'], breaksOff: 2 } });
    expect(answer.verdict).toBe('pass');
  });
});

describe('the check itself', () => {
  it('is out of date when a session of blue does not work on blue', async () => {
    const answer = await verdictOf({ blue: { forms: ['v1'], breaksLogin: true } });
    expect(answer).toMatchObject({ verdict: 'fail', evidence: {} });
    expect(answer.summary).toContain('does not even work on blue, so this check is out of date');
  });

  it('proves nothing when everybody sees what a session is needed for', async () => {
    const answer = await verdictOf({ blue: { forms: ['v1'], isOpenToAll: true } });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('without a session, too');
  });

  it('looks at green alone when there is no blue', async () => {
    expect(await verdictOf({ blue: null })).toMatchObject({
      verdict: 'pass',
      summary:
        '0 of 2 sessions lost: 2 made on green work there; nothing to compare with: first release',
    });
    const broken = await verdictOf({ blue: null, green: { forms: ['v1'], breaksLogin: true } });
    expect(broken.verdict).toBe('fail');
  });

  it('puts nothing in and takes one sample where green is live', async () => {
    const { check, context, sides } = await prepare({ isLive: true, config: { state: cart } });
    const answer = (await check.run(context)) as CheckVerdict;
    expect(answer.summary).toContain('nothing was put in, as green is live');
    expect(answer.evidence).toMatchObject({ sessionsTried: 2, state: 'left out: green is live' });
    const puts = sides.green.seen.filter(({ url }) => url === '/cart');
    expect(puts).toEqual([]);
  });

  it('needs addresses', async () => {
    const { check, context } = await prepare();
    const nowhere = { ...context.green, address: null };
    const withoutGreen = await check.run({ ...context, green: nowhere });
    const withoutBlue = await check.run({ ...context, blue: nowhere });
    expect([withoutGreen, withoutBlue]).toMatchObject([
      { verdict: 'fail', summary: 'green (shop-2) has no address to ask' },
      { verdict: 'fail', summary: 'blue (shop-2) has no address to ask' },
    ]);
  });

  it('tells before there is a green whether it works on blue', async () => {
    const { check, context } = await prepare({ config: { state: cart } });
    const preflight = async (differs: object = {}) =>
      (await check.preflight?.({ ...context, ...differs })) as CheckVerdict;
    expect(await preflight()).toMatchObject({
      verdict: 'pass',
      summary: 'a session works on blue',
    });
    expect(await preflight({ blue: null })).toMatchObject({ verdict: 'pass' });
    const nowhere = { ...context.green, address: null };
    expect(await preflight({ blue: nowhere })).toMatchObject({ verdict: 'fail' });
    const broken = await prepare({ blue: { forms: ['v1'], breaksLogin: true } });
    expect(await broken.check.preflight?.(broken.context)).toMatchObject({ verdict: 'fail' });
  });

  it('says so when its time is up', async () => {
    const { check, context } = await prepare();
    const abort = AbortSignal.abort();
    expect(await check.run({ ...context, abort })).toMatchObject({
      verdict: 'fail',
      summary: 'its time was up before all sessions were tried',
    });
  });

  it.each([
    ['two bodies', { login: { path: '/login', json: {}, form: {} } }],
    ['a token without bearer', { token: 'token' }],
    ['bearer without a token', { carry: 'bearer' }],
    ['no path', { verify: { path: 'account' } }],
    [
      'a secret that is the conductor’s own',
      { login: { path: '/', json: { a: { secret: 'verdigris-signing' } } } },
    ],
    ['an address that is none', { url: 'ftp://shop.example.com' }],
  ])('refuses %s', async (_, config) => {
    const create = createCheck({ ...plain, ...config }, { timers: realTimers });
    await expect(create).rejects.toThrow(z.ZodError);
  });
});
