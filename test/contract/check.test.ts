import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createCheck } from '../../lib/checks/index.ts';
import { checkContext } from '../support/check-context.ts';
import { answering, createFakeCheck, notYet } from '../support/fakes/check.ts';
import { createFakeLambda } from '../support/fakes/lambda.ts';
import { realTimers } from '../unit/environments/process-harness.ts';
import { checkContract } from './check.contract.ts';

const green = { id: 'shop-2', kind: 'fake', version: '2', attributes: {} };

checkContract('fake', async () => ({
  passing: createFakeCheck([notYet(), answering('pass')]),
  failing: createFakeCheck([answering('fail', 'no')]),
  green: { ...green, address: null },
  stop: async () => {},
}));

checkContract('http', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/healthz' ? 200 : 500;
    response.end('hello\nworld');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const check = (path: string) =>
    createCheck({ kind: 'http', path, retryDelay: '1ms' }, { timers: realTimers });
  return {
    passing: await check('/healthz'),
    failing: await check('/products'),
    green: { ...green, address: `http://127.0.0.1:${port}` },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
});

checkContract('lambda-invoke', async () => {
  const fake = createFakeLambda({ code: { content: 'v1', answer: () => ({ statusCode: 200 }) } });
  const { lambda, functionName } = fake;
  const id = fake.publishByHand('v1');
  const check = (status: number) =>
    createCheck(
      { kind: 'lambda-invoke', functionName, expect: { status } },
      { timers: realTimers, lambda },
    );
  return {
    passing: await check(200),
    failing: await check(201),
    green: { ...green, id, address: null },
    stop: async () => {},
  };
});

/** A service that takes this session, and can connect to this port. */
async function serveSmall(session: string, port: number) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://small');
    const isKnown = request.headers.cookie === `session=${session}`;
    if (pathname === '/login') response.setHeader('set-cookie', `session=${session}; Path=/`);
    if (pathname === '/account' && !isKnown) response.statusCode = 401;
    response.end(JSON.stringify({ open: request.url?.endsWith(`=${port}`) }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { address, stop };
}

checkContract('session', async () => {
  const { address, stop } = await serveSmall('a', 0);
  const login = { path: '/login' };
  const check = (samples: number, verify: object) =>
    createCheck({ kind: 'session', login, samples, verify }, { timers: realTimers });
  return {
    passing: await check(1, { path: '/account' }),
    // Everybody sees that page, so it says nothing of sessions.
    failing: await check(1, { path: '/' }),
    green: { ...green, address },
    around: { blue: { ...green, id: 'shop-1', address } },
    stop,
  };
});

checkContract('connections', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/events') response.setHeader('content-type', 'text/event-stream');
    const isFirst = request.headers['last-event-id'] === undefined;
    response.write('retry: 1\n\n');
    if (isFirst) response.write('id: 1\ndata: a\n\n');
    response.write('id: 2\ndata: b\n\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const check = (path: string) =>
    createCheck({ kind: 'connections', eventStreams: [{ path }] }, { timers: realTimers });
  return {
    passing: await check('/events'),
    failing: await check('/nowhere'),
    green: { ...green, address: `http://127.0.0.1:${port}` },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
});

checkContract('network', async () => {
  const { address, stop } = await serveSmall('a', 443);
  const probe = { path: '/probe?host={host}&port={port}' };
  const check = (target: string) =>
    createCheck({ kind: 'network', targets: [target], probe }, { timers: realTimers });
  return {
    passing: await check('pay.example.com:443'),
    failing: await check('pay.example.com:80'),
    green: { ...green, address },
    stop,
  };
});

describe('the faults of the fake check', () => {
  it('can crash and hang, and remembers what it was asked', async () => {
    const check = createFakeCheck([new Error('crashed'), 'hangs']);
    const context = checkContext();
    await expect(check.run(context)).rejects.toThrow('crashed');
    const hanging = check.run(context);
    const oneTurn = new Promise((resolve) => setImmediate(resolve, 'still hanging'));
    expect(await Promise.race([hanging, oneTurn])).toBe('still hanging');
    expect(check.contexts).toEqual([context, context]);
  });
});
