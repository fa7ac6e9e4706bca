import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { CheckVerdict } from '../../../lib/checks/check.ts';
import { drainOf } from '../../../lib/checks/connections/drain.ts';
import { visitWebSocket } from '../../../lib/checks/connections/web-socket.ts';
import { type CheckDeps, createCheck } from '../../../lib/checks/index.ts';
import { localProxyBinding } from '../../../lib/routers/local-proxy.ts';
import { checkContext, checkPlan } from '../../support/check-context.ts';
import { awsError, createFakeCloudWatch } from '../../support/fakes/cloudwatch.ts';
import { realTimers } from '../environments/process-harness.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** What one side does with those who connect. */
interface Habits {
  /** What of a WebSocket is done; refused if absent. */
  socket?: (socket: WebSocket) => void;
  /** Number of the first event that it knows. */
  from?: number;
  hasIds?: boolean;
  hasRetry?: boolean;
  /** Ignores Last-Event-ID. */
  forgets?: boolean;
  /** Ends a stream after so many events. */
  endsAfter?: number;
  /** Breaks the connection then. */
  isTorn?: boolean;
  status?: number;
  type?: string;
  isSilent?: boolean;
  /** Breaks off so many first. */
  breaksOff?: number;
}

const echoing = (socket: WebSocket) => {
  socket.send('welcome');
  socket.on('message', (data) => socket.send(`echo ${data}`));
};
const good: Habits = { socket: echoing };

/** Events are numbered upwards; the first three are there at once, of which a new reader gets them all. */
async function serve(habits: Habits): Promise<string> {
  const { from = 1, hasIds = true, hasRetry = true, endsAfter = 3 } = habits;
  let left = habits.breaksOff ?? 0;
  const server = createServer((request, response) => {
    if (left > 0) {
      left -= 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(habits.status ?? 200, {
      'content-type': habits.type ?? 'text/event-stream',
    });
    response.flushHeaders();
    if (habits.isSilent) return;
    const last = habits.forgets ? undefined : request.headers['last-event-id'];
    const first = last ? Math.max(Number(last) + 1, from) : from;
    if (hasRetry) response.write('retry: 500\n\n');
    for (let id = first; id < first + endsAfter; id += 1) {
      response.write(`${hasIds ? `id: ${id}\n` : ''}data: hello\n\n`);
    }
    if (habits.isTorn) setImmediate(() => response.destroy());
    else if (habits.endsAfter !== undefined) response.end();
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (habits.socket) sockets.handleUpgrade(request, socket, head, habits.socket);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Scene {
  config: object;
  blue?: Habits | null;
  green?: Habits;
  router?: object;
  deps?: Partial<CheckDeps>;
}

async function prepare({ config, blue = good, green = good, router, deps = {} }: Scene) {
  const check = await createCheck(
    { kind: 'connections', ...config },
    { timers: realTimers, ...deps },
  );
  const ref = { kind: 'fake', version: '1', attributes: {} };
  const plan = checkPlan({ retain: '1h', ...(router ? { router } : {}) });
  const context = checkContext({
    plan,
    green: { ...ref, id: 'shop-2', address: await serve(green) },
    blue: blue && { ...ref, id: 'shop-1', address: await serve(blue) },
  });
  return { check, context };
}

async function verdictOf(scene: Scene): Promise<CheckVerdict> {
  const { check, context } = await prepare(scene);
  return (await check.run(context)) as CheckVerdict;
}

const live = { path: '/live', send: 'hi', expect: { bodyIncludes: 'echo hi' } };
const webSockets = [live];
const eventStreams = [{ path: '/events' }];
const short = '300ms';

describe('WebSockets', () => {
  it('pass when they can be connected to, and again', async () => {
    expect(await verdictOf({ config: { webSockets } })).toEqual({
      verdict: 'pass',
      summary:
        'WebSocket /live: connected, dropped, back again; open connections unknown (a router of kind local-proxy counts none), router.drain 10s',
      evidence: {
        probes: [{ what: 'WebSocket /live', green: null, blue: null }],
        typicalDurationSeconds: null,
        drainSeconds: 10,
        drainSaidBy: 'router.drain',
        open: { by: 'nobody', why: 'a router of kind local-proxy counts none' },
      },
    });
  });

  it.each<[string, Habits, object, string]>([
    ['refused', {}, live, 'WebSocket /live on green: status 404 instead of 101; works on blue'],
    ['mute', { socket: () => {} }, live, 'no message as expected within 300ms: nothing was said'],
    [
      'another thing said',
      { socket: (it) => it.send('no') },
      live,
      'the body does not include "echo hi"',
    ],
    [
      'a message nested so that whoever goes down to its end does not come back',
      { socket: (it) => it.send(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`) },
      { path: '/live', expect: { json: { a: 1 } } },
      'the body is not JSON',
    ],
    [
      'a message that is too long',
      { socket: (it) => it.send('x'.repeat(1024 * 1024 + 1)) },
      live,
      'Max payload size exceeded',
    ],
    ['closed at once', { socket: (it) => it.close(1008) }, live, 'it was closed with 1008'],
  ])('fail when %s', async (_, green, socket, words) => {
    const answer = await verdictOf({
      config: { webSockets: [{ ...socket, within: short }] },
      green,
    });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(words);
  });

  it('end in words where a listener throws', async () => {
    const visit = visitWebSocket(
      await serve(good),
      { path: '/live', protocols: [], headers: {}, within: 5, expect: { bodyMatches: '(' } },
      {},
      { timers: realTimers, abort: new AbortController().signal },
    );
    await expect(visit).rejects.toThrow('Invalid regular expression');
  });

  it('need no message where none is expected', async () => {
    const config = { webSockets: [{ path: '/live' }] };
    const answer = await verdictOf({ config, green: { socket: () => {} } });
    expect(answer.verdict).toBe('pass');
  });

  it('fail when they cannot be connected to again', async () => {
    let visits = 0;
    const socket = (it: WebSocket) => {
      visits += 1;
      if (visits === 1) echoing(it);
      else it.close(1013);
    };
    const answer = await verdictOf({ config: { webSockets }, green: { socket } });
    expect(answer.summary).toContain("it can't be connected to again: it was closed with 1013");
  });

  it('get headers with secrets', async () => {
    let key: unknown;
    const { check, context } = await prepare({
      config: { webSockets: [{ ...live, headers: { 'x-key': { secret: 'key' } } }] },
    });
    servers[0]?.on('upgrade', (request) => {
      key = request.headers['x-key'];
    });
    await check.run({ ...context, secret: async () => 'abc' });
    expect(key).toBe('abc');
  });

  it('end with the check', async () => {
    const { check, context } = await prepare({
      config: { webSockets },
      green: { socket: () => {} },
    });
    const abort = new AbortController();
    const answer = check.run({ ...context, abort: abort.signal });
    setTimeout(() => abort.abort(), 20);
    expect(await answer).toMatchObject({ verdict: 'fail' });
    expect(((await answer) as CheckVerdict).summary).toContain("the check's time was up");
  });
});

describe('event streams', () => {
  it('pass when they go on where a client was, also one that comes from blue', async () => {
    const answer = await verdictOf({ config: { eventStreams } });
    expect(answer.summary).toContain('events /events: connected, dropped, back again');
    expect(answer.evidence).toMatchObject({
      probes: [{ what: 'events /events', green: null, blue: null, carried: null }],
    });
  });

  it.each<[string, Habits, string]>([
    [
      'there are no ids',
      { hasIds: false },
      'its events have no id, so a client that comes back misses some; works on blue',
    ],
    ['there is no retry', { hasRetry: false }, 'it sends no retry'],
    [
      'Last-Event-ID counts for nothing',
      { forgets: true },
      'after Last-Event-ID 1 it went on with 1 instead of 2',
    ],
    [
      'numbers begin anew',
      { from: 1000 },
      "who was on blue can't go on on green: after Last-Event-ID 1 it went on with 1000 instead of 2",
    ],
    ['too few events come', { endsAfter: 1 }, 'the stream ended after 1 of 2 events'],
    ['it is torn', { endsAfter: 1, isTorn: true }, 'it broke off after '],
    ['none comes', { isSilent: true }, '0 of 2 events within 300ms'],
    ['there is none', { status: 404 }, 'status 404 instead of 200'],
    ['it is something else', { type: 'application/json' }, 'its content-type is application/json'],
    ['it breaks off', { breaksOff: 9 }, 'no answer: '],
  ])('fail when %s', async (_, green, words) => {
    const answer = await verdictOf({
      config: { eventStreams: [{ path: '/events', within: short }] },
      green,
    });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(words);
  });

  it('need neither ids nor retry where clients begin anew', async () => {
    const config = { eventStreams: [{ path: '/events', resume: false }] };
    const green = { hasIds: false, hasRetry: false, forgets: true };
    expect(await verdictOf({ config, green })).toMatchObject({ verdict: 'pass' });
  });

  it('are forgiven one broken connection', async () => {
    const answer = await verdictOf({ config: { eventStreams }, green: { breaksOff: 1 } });
    expect(answer.verdict).toBe('pass');
  });

  it('say when blue is no better, or not there, or has nothing to carry', async () => {
    const bad = { hasIds: false };
    const both = await verdictOf({ config: { eventStreams }, blue: bad, green: bad });
    const alone = await verdictOf({ config: { eventStreams }, blue: null, green: bad });
    const mended = await verdictOf({ config: { eventStreams }, blue: bad });
    expect(both.summary).toContain('on blue, too: its events have no id');
    expect(alone.summary).toContain('there is no blue to compare with');
    expect(mended.verdict).toBe('pass');
  });

  it('are told together', async () => {
    const config = { webSockets: [{ ...live, within: short }], eventStreams };
    const answer = await verdictOf({ config, green: { hasIds: false } });
    expect(answer.summary).toMatch(
      /^WebSocket \/live on green: .*; and 1 more: events \/events on/,
    );
  });
});

describe('what is open on blue', () => {
  const open = (sockets: number[], requests: number[]) => ({
    readConnections: (service: string, id: string) => {
      expect([service, id]).toEqual(['shop', 'shop-1']);
      return { sockets, requests };
    },
  });

  it('is counted and told with its age', async () => {
    const answer = await verdictOf({ config: {}, deps: open([3, 8], [0.2, 4.4]) });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: 'nothing was connected to; 3 open on blue (oldest 8s), router.drain 10s',
      evidence: {
        open: { by: 'proxy', sockets: 2, longRequests: 1, medianAgeSeconds: 4.4, oldestSeconds: 8 },
      },
    });
    const none = await verdictOf({ config: {}, deps: open([], []) });
    expect(none.summary).toContain('none open on blue');
  });

  it('is a warning when it would be cut and nobody asked whether clients can return', async () => {
    const deps = open([3, 80], [90]);
    const answer = await verdictOf({ config: {}, deps });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain(
      '2 of 3 connections open on blue are older than the 10s of router.drain',
    );
    const sockets = await verdictOf({ config: { webSockets }, deps });
    expect(sockets.summary).toContain('1 of 3 connections');
    const all = await verdictOf({ config: { webSockets, eventStreams }, deps });
    expect(all.verdict).toBe('pass');
  });

  it('fails when it is said to go on for longer than it may', async () => {
    const config = { typicalDuration: '1m' };
    const answer = await verdictOf({ config });
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary:
        'connections go on for 1m and are cut 10s after the switch: raise router.drain to 1m',
    });
    expect(await verdictOf({ config: { ...config, drain: '2m' } })).toMatchObject({
      verdict: 'pass',
    });
    const { check, context } = await prepare({ config });
    expect(await check.preflight?.(context)).toMatchObject({ verdict: 'fail' });
  });

  it('is asked of the load balancer where there is one', async () => {
    const listenerArn =
      'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2';
    const router = { kind: 'alb-listener', listenerArn };
    const fake = createFakeCloudWatch();
    const now = Date.parse('2026-12-01T12:00:00Z');
    const deps = { cloudWatch: fake.client, clock: { now: () => now } };
    const plan = { ...checkPlan({ retain: '1h' }), router };
    const { check, context } = await prepare({ config: {}, deps });
    const look = async () => (await check.run({ ...context, plan })) as CheckVerdict;
    expect((await look()).summary).toContain(
      'no figure of connections open on app/shop/50dc6c495c',
    );
    const dimensions = { LoadBalancer: 'app/shop/50dc6c495c0c9188' };
    fake.put('ActiveConnectionCount', dimensions, now - 180_000, [12, 30]);
    expect(await look()).toMatchObject({
      verdict: 'pass',
      summary: expect.stringContaining(
        '42 connections open on app/shop/50dc6c495c0c9188, retain 1h',
      ),
      evidence: { open: { by: 'load-balancer', count: 42 } },
    });
    fake.failWith(awsError('AccessDenied'));
    expect((await look()).summary).toContain(
      'unknown (CloudWatch did not say: AccessDenied said no)',
    );
  });

  it('is nothing on a first release', async () => {
    expect((await verdictOf({ config: {}, blue: null })).summary).toContain('there is no blue yet');
  });
});

describe('the drain time', () => {
  const plan = checkPlan({ retain: '2h' });
  const proxy = { kind: 'local-proxy', port: 8080 };

  it.each<[string, object, number | undefined, number, string]>([
    ['what the check says', proxy, 3, 3, 'drain'],
    ['what the proxy is told', { ...proxy, drain: '500ms' }, undefined, 0.5, 'router.drain'],
    ['what the proxy has by itself', proxy, undefined, 10, 'router.drain'],
    [
      'the shortest of several',
      { kind: 'composite', routers: [proxy, { ...proxy, drain: '2s' }] },
      undefined,
      2,
      'router.drain',
    ],
    ['as long as blue is there', { kind: 'lambda-alias' }, undefined, 7200, 'retain'],
  ])('is %s', (_, router, own, seconds, key) => {
    const config = router as typeof plan.router;
    expect(drainOf({ ...plan, router: config }, own)).toEqual({ seconds, key });
  });

  it('is that of the proxy', () => {
    const { seconds } = drainOf({ ...plan, router: proxy }, undefined);
    expect(localProxyBinding(proxy).drainSeconds).toBe(seconds);
  });
});

describe('the check itself', () => {
  it('needs an address where it connects', async () => {
    const { check, context } = await prepare({ config: { webSockets } });
    const green = { ...context.green, address: null };
    expect(await check.run({ ...context, green })).toMatchObject({
      verdict: 'fail',
      summary: 'shop-2 has no address to connect to',
    });
  });

  it.each([
    ['a path that is none', { webSockets: [{ path: 'live' }] }],
    ['a key that is unknown', { eventStreams: [{ path: '/events', send: 'x' }] }],
    ['a time without a unit', { typicalDuration: 30 }],
  ])('refuses %s', async (_, config) => {
    const create = createCheck({ kind: 'connections', ...config }, { timers: realTimers });
    await expect(create).rejects.toThrow(z.ZodError);
  });
});
