import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createCheck } from '../../lib/checks/index.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { checkContext } from '../support/check-context.ts';
import { answering, createFakeCheck, notYet } from '../support/fakes/check.ts';
import { createFakeIam } from '../support/fakes/iam.ts';
import { createFakeLambda } from '../support/fakes/lambda.ts';
import { createFakeSecretStores } from '../support/fakes/secret-stores.ts';
import { createServers } from '../support/serve.ts';
import { realTimers } from '../unit/environments/process-harness.ts';
import { checkContract } from './check.contract.ts';

const green = { id: 'shop-2', kind: 'fake', version: '2', attributes: {} };
const blue = { ...green, id: 'shop-1', version: '1', address: null };

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

checkContract('parity', async () => {
  const facts = { memoryMb: 512, variables: ['PORT'], version: '1', ownFacts: ['version'] };
  const described: Record<string, JsonObject> = {
    'shop-1': facts,
    'shop-2': { ...facts, version: '2', variables: ['PORT', 'DEBUG'] },
  };
  const check = (allow: string[]) => createCheck({ kind: 'parity', allow }, { timers: realTimers });
  return {
    passing: await check(['variables.DEBUG']),
    failing: await check([]),
    green: { ...green, address: null },
    around: { blue, describe: async ({ id }) => described[id] ?? {} },
    stop: async () => {},
  };
});

checkContract('secrets', async () => {
  const { secretsManager, parameters } = createFakeSecretStores({ payments: {} });
  const { iam, arnOf } = createFakeIam({
    shop: { inline: { own: [{ Action: 'secretsmanager:GetSecretValue', Resource: '*' }] } },
  });
  const check = (name: string) =>
    createCheck(
      { kind: 'secrets', names: [name] },
      { timers: realTimers, secretsManager, parameters, iam },
    );
  return {
    passing: await check('payments'),
    failing: await check('mail'),
    green: { ...green, address: null },
    around: { describe: async () => ({ role: arnOf('shop') }) },
    stop: async () => {},
  };
});

checkContract('security', async () => {
  const { serve, stopAll } = createServers();
  const blueAddress = await serve((_, response) => {
    response.setHeader('x-frame-options', 'DENY');
    response.end();
  });
  const address = await serve((_, response) => response.end());
  const check = (allow: string[]) =>
    createCheck({ kind: 'security', allow }, { timers: realTimers });
  return {
    passing: await check(['headers.x-frame-options']),
    failing: await check([]),
    green: { ...green, address },
    around: { blue: { ...blue, address: blueAddress } },
    stop: stopAll,
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
