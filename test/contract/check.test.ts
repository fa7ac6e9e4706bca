import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCheck } from '../../lib/checks/index.ts';
import { type Cluster, startCluster, whyNoPostgres } from '../../scripts/postgres/cluster.ts';
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

const noPostgres = whyNoPostgres();
if (noPostgres) console.warn(`The contract of the check of databases is left out: ${noPostgres}`);

describe.skipIf(noPostgres)('on a PostgreSQL', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster?.stop());

  checkContract('database', async () => {
    const check = (sql: string) => {
      const config = { kind: 'database', connection: { secret: 'shop-db' }, probes: [{ sql }] };
      return createCheck(config, { timers: realTimers });
    };
    return {
      passing: await check('SELECT 1'),
      failing: await check('SELECT nothing'),
      green: { ...green, address: null },
      around: { secret: async () => cluster.urlOf() },
      stop: async () => {},
    };
  });
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
