import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createCheck } from '../../lib/checks/index.ts';
import { checkContext } from '../support/check-context.ts';
import { answering, createFakeCheck, notYet } from '../support/fakes/check.ts';
import { createFakeLambda } from '../support/fakes/lambda.ts';
import { realTimers } from '../unit/environments/process-harness.ts';
import { checkContract } from './check.contract.ts';

const green = { id: 'shop-2', kind: 'fake', version: '2', attributes: {} };

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

checkContract('fake', async () => ({
  passing: createFakeCheck([notYet(), answering('pass')]),
  failing: createFakeCheck([answering('fail', 'no')]),
  green: { ...green, address: null },
  stop: async () => {},
}));

checkContract('http', async () => {
  const server = await serve((request, response) => {
    response.statusCode = request.url === '/healthz' ? 200 : 500;
    response.end('hello\nworld');
  });
  const check = (path: string) =>
    createCheck({ kind: 'http', path, retryDelay: '1ms' }, { timers: realTimers });
  return {
    passing: await check('/healthz'),
    failing: await check('/products'),
    green: { ...green, address: server.address },
    stop: server.stop,
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

checkContract('cost', async () => {
  const check = (limit: string) =>
    createCheck({ kind: 'cost', limit, price: { perHour: 1 } }, { timers: realTimers });
  return {
    passing: await check('100 USD'),
    failing: await check('1 USD'),
    green: { ...green, address: null },
    around: { blue: { ...green, id: 'shop-1', address: null } },
    stop: async () => {},
  };
});

checkContract('capacity', async () => {
  const server = await serve((request, response) => {
    response.statusCode = request.url === '/cart' ? 200 : 503;
    response.end();
  });
  const load = { from: 10, to: 20, steps: 1, duration: '200ms' };
  const check = (path: string) =>
    createCheck({ kind: 'capacity', load: { ...load, paths: [path] } }, { timers: realTimers });
  return {
    passing: await check('/cart'),
    failing: await check('/broken'),
    green: { ...green, address: server.address },
    stop: server.stop,
  };
});

checkContract('telemetry', async () => {
  const server = await serve((_, response) => {
    response.end('requests_total{environment="shop-2",version="2"} 3');
  });
  const check = (metric: string) =>
    createCheck({ kind: 'telemetry', metrics: [metric] }, { timers: realTimers });
  return {
    passing: await check('requests_total'),
    failing: await check('errors_total'),
    green: { ...green, address: server.address },
    stop: server.stop,
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
