import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import { createNetworkCheck } from '../../../lib/checks/network/check.ts';
import { readDeclared } from '../../../lib/checks/network/declared.ts';
import {
  destinationText,
  isAllowed,
  parseDestination,
} from '../../../lib/checks/network/destination.ts';
import type { Target } from '../../../lib/checks/network.ts';
import { checkContext } from '../../support/check-context.ts';
import { createFakeLambda } from '../../support/fakes/lambda.ts';
import { createServers } from '../../support/serve.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
afterEach(stopAll);

/** What one side reaches: its answer to a probe, by `host:port`; what is not here is closed. */
interface Habits {
  open: string[];
  /** Answers so many probes with "closed" first. */
  closedFor?: number;
  status?: number;
  body?: unknown;
  declares?: unknown;
}

function side({ open, closedFor = 0, status = 200, body, declares }: Habits) {
  const asked: string[] = [];
  let left = closedFor;
  const listener: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '/', 'http://side');
    asked.push(`${url.pathname}${url.search} ${request.headers['x-token'] ?? ''}`.trim());
    if (url.pathname === '/outbound') {
      response.writeHead(status).end(JSON.stringify(declares));
      return;
    }
    const target = `${url.searchParams.get('host')}:${url.searchParams.get('port')}`;
    left -= 1;
    const isOpen = open.includes(target) && left < 0;
    const answer = { open: isOpen, error: isOpen ? null : 'ETIMEDOUT', ms: 1.5 };
    response.writeHead(status).end(JSON.stringify(body ?? answer));
  };
  return { listener, asked };
}

const probe = { path: '/probe?host={host}&port={port}' };
const database = 'db.internal:5432';
const payments = 'pay.example.com:443';
const all: Habits = { open: [database, payments] };

interface Scene {
  config?: object;
  green?: Habits;
  blue?: Habits | null;
}

async function prepare({ config = {}, green = all, blue = all }: Scene = {}) {
  // Pauses between two attempts take no time here.
  const timers = { after: (_: number, callback: () => void) => realTimers.after(0, callback) };
  const targets = [database, payments];
  const check = await createCheck({ kind: 'network', targets, probe, ...config }, { timers });
  const sides = { green: side(green), blue: blue && side(blue) };
  const ref = { kind: 'fake', version: '1', attributes: {} };
  const context = checkContext({
    green: { ...ref, id: 'shop-2', address: await serve(sides.green.listener) },
    blue: sides.blue && { ...ref, id: 'shop-1', address: await serve(sides.blue.listener) },
    secret: async (name) => `value of ${name}`,
  });
  return { check, context, sides };
}

async function verdictOf(scene: Scene = {}): Promise<CheckVerdict> {
  const { check, context } = await prepare(scene);
  return (await check.run(context)) as CheckVerdict;
}

const withoutPayments: Habits = { open: [database] };

describe('ways out', () => {
  it('pass when all are open, without a question to blue', async () => {
    const { check, context, sides } = await prepare();
    expect(await check.run(context)).toEqual({
      verdict: 'pass',
      summary: '2 of 2 ways out are open',
      evidence: {
        paths: [database, payments].map((target) => ({
          ...{ target, tls: false, critical: false, blue: null },
          green: { isOpen: true, error: null, ms: 1.5 },
        })),
        declared: [],
        notAllowed: [],
      },
    });
    expect(sides.blue?.asked).toEqual([]);
  });

  it('fail when one is closed to green and open to blue', async () => {
    expect(await verdictOf({ green: withoutPayments })).toMatchObject({
      verdict: 'fail',
      summary: 'pay.example.com:443 is closed to green (ETIMEDOUT), open to blue',
    });
  });

  it('warn when one is closed to both', async () => {
    const answer = await verdictOf({ green: withoutPayments, blue: withoutPayments });
    expect(answer).toMatchObject({
      verdict: 'warn',
      summary:
        'pay.example.com:443 is closed to green (ETIMEDOUT), and to blue: the world, not green',
    });
  });

  it('fail when a critical one is closed to both', async () => {
    const config = { targets: [{ host: 'pay.example.com', port: 443, critical: true }] };
    const answer = await verdictOf({ config, green: withoutPayments, blue: withoutPayments });
    expect(answer.verdict).toBe('fail');
  });

  it('fail when one is closed and there is no blue, or it cannot say', async () => {
    const alone = await verdictOf({ green: withoutPayments, blue: null });
    const mute = await verdictOf({ green: withoutPayments, blue: { open: [], status: 404 } });
    expect(alone).toMatchObject({
      verdict: 'fail',
      summary: 'pay.example.com:443 is closed to green (ETIMEDOUT)',
    });
    expect(mute.verdict).toBe('fail');
    expect(mute.summary).toContain("blue can't say: its probe answered status 404 instead of 200");
  });

  it('are tried three times before they count as closed', async () => {
    const config = { targets: [database] };
    expect(await verdictOf({ config, green: { ...all, closedFor: 2 } })).toMatchObject({
      verdict: 'pass',
    });
    const closed = await verdictOf({ config, green: { ...all, closedFor: 3 } });
    expect(closed.verdict).toBe('fail');
  });

  it('name three of many', async () => {
    const targets = [1, 2, 3, 4, 5].map((port) => `host:${port}`);
    const answer = await verdictOf({
      config: { targets },
      green: { open: ['host:3'] },
      blue: null,
    });
    expect(answer.summary).toBe(
      'host:1 is closed to green (ETIMEDOUT); host:2 is closed to green (ETIMEDOUT); host:4 is closed to green (ETIMEDOUT); and 1 more',
    );
  });

  it('are asked for with secrets, escaped hosts and TLS', async () => {
    const { check, context, sides } = await prepare({
      config: {
        targets: [{ host: '::1', port: 443, tls: true }],
        probe: {
          path: '/probe?host={host}&port={port}&tls={tls}',
          headers: { 'x-token': { secret: 'probe-token' } },
        },
      },
      green: { open: ['::1:443'] },
    });
    expect(await check.run(context)).toMatchObject({ verdict: 'pass' });
    expect(sides.green.asked).toEqual(['/probe?host=%3A%3A1&port=443&tls=1 value of probe-token']);
  });

  it.each<[string, Habits, string]>([
    [
      'refuses',
      { open: [], status: 401, body: 'no' },
      'the probe answered status 401 instead of 200: "no"',
    ],
    [
      'says nothing of the kind',
      { open: [], body: { ok: 1 } },
      'the probe answered without true or false at open',
    ],
    ['says no JSON', { open: [], body: 'open' }, 'answered without true or false'],
  ])('are not known when the probe %s', async (_, green, words) => {
    const answer = await verdictOf({ green });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(words);
  });

  it('are read where the answer has them', async () => {
    const config = { probe: { ...probe, open: 'result.ok', error: 'result.why' } };
    const green = { open: [], body: { result: { ok: false, why: { code: 7 } } } };
    expect((await verdictOf({ config, green, blue: null })).summary).toContain(
      'is closed to green',
    );
    const open = { open: [], body: { result: { ok: true } } };
    expect(await verdictOf({ config, green: open })).toMatchObject({ verdict: 'pass' });
  });

  it('are not known without an address, an answer, or time', async () => {
    const { check, context } = await prepare();
    const nowhere = { ...context.green, address: null };
    const dead = { ...context.green, address: 'http://127.0.0.1:9' };
    expect(await check.run({ ...context, green: nowhere })).toMatchObject({
      summary: "the probe can't be asked: shop-2 has no address",
    });
    expect(await check.run({ ...context, green: dead })).toMatchObject({
      summary: expect.stringContaining('the probe gave no answer: '),
    });
    expect(await check.run({ ...context, abort: AbortSignal.abort() })).toMatchObject({
      verdict: 'fail',
      summary: 'its time was up',
    });
  });
});

describe('a probe that is a function', () => {
  const targets: Target[] = [
    { host: 'db.internal', port: 5432, tls: false, critical: false },
    { host: 'pay.example.com', port: 443, tls: true, critical: false },
  ];

  function prepareFunction(answer: (event: { targets: Target[] }) => unknown) {
    const fake = createFakeLambda({
      code: { content: 'probe', answer: (event) => answer(event as { targets: Target[] }) },
    });
    const alias = fake.publishByHand('probe');
    const check = createNetworkCheck(
      {
        ...{ kind: 'network', critical: true, timeout: 30 },
        targets,
        probe: {
          functionName: fake.functionName,
          alias,
          headers: {},
          open: 'open',
          error: 'error',
        },
      },
      { timers: createVirtualClock(), lambda: fake.lambda },
    );
    return { fake, run: () => check.run(checkContext()) };
  }

  it('is invoked once for all', async () => {
    const events: unknown[] = [];
    const { run } = prepareFunction((event) => {
      events.push(event);
      return { results: event.targets.map(() => ({ open: true, ms: 3 })) };
    });
    expect(await run()).toMatchObject({ verdict: 'pass', summary: '2 of 2 ways out are open' });
    expect(events).toEqual([
      {
        targets: [
          { host: 'db.internal', port: 5432, tls: false },
          { host: 'pay.example.com', port: 443, tls: true },
        ],
        timeoutMs: 3000,
      },
    ]);
  });

  it.each<[string, unknown]>([
    ['too few results', { results: [] }],
    ['something else', 'hello'],
  ])('is not believed with %s', async (_, answer) => {
    const { run } = prepareFunction(() => answer);
    expect(await run()).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining('the probe did not answer { results'),
    });
  });

  it('is asked later when Lambda asks for patience, and named when it may not be invoked', async () => {
    const { run, fake } = prepareFunction(() => ({}));
    fake.failNext('Invoke', 'TooManyRequestsException');
    expect(await run()).toMatchObject({ verdict: 'pending', retryAfterSeconds: 5 });
    fake.failNext('Invoke', 'AccessDeniedException', 'no');
    expect(await run()).toMatchObject({
      verdict: 'fail',
      summary: 'the probe was not invoked: no; allow lambda:InvokeFunction on it, and tag it',
    });
  });

  it('tells that it failed', async () => {
    const { run } = prepareFunction(() => {
      return new Error('no network');
    });
    expect(await run()).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining('the probe failed'),
    });
  });

  it('is there on AWS only', async () => {
    const config = { kind: 'network', targets: [database], probe: { functionName: 'probe' } };
    await expect(createCheck(config, { timers: realTimers })).rejects.toThrow('on AWS only');
  });
});

describe('whom green calls', () => {
  const declared = { path: '/outbound', at: 'allowed' };
  const config = { targets: [], probe: undefined, declared, allowed: ['127.0.0.1', payments] };
  const declares = (...hosts: unknown[]) => ({ open: [], declares: { allowed: hosts } });

  it('passes when it is in the list', async () => {
    const green = declares({ host: '127.0.0.1', ports: [1024, 65_535] }, payments);
    expect(await verdictOf({ config, green })).toMatchObject({
      verdict: 'pass',
      summary: '2 declared, all in the list of allowed',
      evidence: { declared: ['127.0.0.1:1024-65535', payments] },
    });
    expect((await verdictOf({ config, green: declares() })).summary).toContain('calls nobody');
  });

  it('fails when it is not', async () => {
    const green = declares(payments, { host: 'Tracking.example.net', port: 443 });
    expect(await verdictOf({ config, green })).toMatchObject({
      verdict: 'fail',
      summary: 'green calls tracking.example.net:443: not in the list of allowed',
      evidence: { notAllowed: ['tracking.example.net:443'] },
    });
  });

  it('counts targets, too', async () => {
    const answer = await verdictOf({ config: { allowed: [payments] } });
    expect(answer.summary).toBe('green calls db.internal:5432: not in the list of allowed');
  });

  it.each<[string, Habits, string]>([
    ['is no list', { open: [], declares: {} }, 'GET /outbound at allowed: it is no list'],
    ['has no hosts', declares('a b'), 'GET /outbound at allowed: "a b" is no host:port'],
    ['is refused', { open: [], status: 403 }, 'GET /outbound: status 403 instead of 200'],
  ])('is not known when the answer %s', async (_, green, words) => {
    const answer = await verdictOf({ config, green });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(`what green declares can't be read: ${words}`);
  });

  it('is not known without an address', async () => {
    const { check, context } = await prepare({ config });
    const green = { ...context.green, address: null };
    expect(await check.run({ ...context, green })).toMatchObject({ verdict: 'fail' });
  });
});

describe('before there is a green', () => {
  const targets = [database, payments, '192.0.2.1:80'].map((text) => {
    const [host = '', port] = text.split(':');
    return { host, port: Number(port), tls: false, critical: false };
  });

  async function preflight(known: string[], allowed?: string[]) {
    const check = createNetworkCheck(
      { kind: 'network', critical: true, timeout: 30, targets, ...(allowed ? { allowed } : {}) },
      {
        timers: realTimers,
        resolve: async (name) => known.includes(name) || Promise.reject(new Error('ENOTFOUND')),
      },
    );
    return (await check.preflight?.(checkContext())) as CheckVerdict;
  }

  it('names that resolve pass, others are a warning, addresses need not', async () => {
    expect(await preflight(['db.internal', 'pay.example.com'])).toMatchObject({ verdict: 'pass' });
    expect(await preflight(['pay.example.com'])).toMatchObject({
      verdict: 'warn',
      summary:
        'no address for db.internal (ENOTFOUND) as seen from the conductor; green may see others',
    });
  });

  it('targets that nobody allowed fail', async () => {
    expect(await preflight([], ['db.internal:5432', '192.0.2.1'])).toMatchObject({
      verdict: 'fail',
      summary: 'pay.example.com:443: targets that are not in the list of allowed',
    });
  });
});

describe('the list', () => {
  it.each([
    ['a.example', 'a.example:443', true],
    ['a.example:443', 'a.example:443', true],
    ['A.Example:443', 'a.example:443', true],
    ['a.example:443', 'a.example:80', false],
    ['a.example:400-500', 'a.example:443', true],
    ['a.example:400-500', 'a.example:443-600', false],
    ['a.example:443', 'a.example', false],
    ['*.example', 'a.example:1', true],
    ['*.example', 'b.a.example:1', true],
    ['*.example', 'example:1', false],
    ['*.example', 'anexample:1', false],
    ['*.example', '*.a.example', true],
    ['[::1]:443', '[::1]:443', true],
  ])('%s allows %s: %s', (entry, wanted, expected) => {
    const [allowed, destination] = [parseDestination(entry), parseDestination(wanted)];
    if (!allowed || !destination) throw new Error('no destination');
    expect(isAllowed([allowed], destination)).toBe(expected);
    expect(destinationText(destination)).toBe(wanted.toLowerCase());
  });

  it.each(['', 'a b', 'a:0', 'a:70000', 'a:5-4', 'http://a', 'a:b', '::1'])('has no %s', (text) => {
    expect(parseDestination(text)).toBeNull();
  });

  it('is read in every form that services have', () => {
    const list = ['a:1', { host: 'b', port: 2 }, { host: '::1', ports: [3, 4] }, { host: 'd' }];
    expect(readDeclared(list).map(destinationText)).toEqual(['a:1', 'b:2', '[::1]:3-4', 'd']);
  });
});

describe('its part of the manifest', () => {
  it.each([
    ['targets without a probe', { probe: undefined }],
    ['a probe that is nobody', { probe: { open: 'ok' } }],
    ['a probe that is two', { probe: { ...probe, functionName: 'probe' } }],
    ['a probe without {host}', { probe: { path: '/probe?port={port}' } }],
    ['TLS without {tls}', { targets: [{ host: 'a', port: 1, tls: true }] }],
    ['a target without a port', { targets: ['db.internal'] }],
    ['a port that is none', { targets: ['db.internal:70000'] }],
    ['declared without allowed', { declared: { path: '/outbound' } }],
    ['nothing at all', { targets: [] }],
    ['an entry that is none', { allowed: ['https://a'] }],
  ])('refuses %s', async (_, config) => {
    const source = { kind: 'network', targets: [database], probe, ...config };
    const create = createCheck(JSON.parse(JSON.stringify(source)), { timers: realTimers });
    await expect(create).rejects.toThrow(z.ZodError);
  });
});
