import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { silentLogger } from '../../lib/release/logger.ts';
import { createRouter } from '../../lib/routers/index.ts';
import { createFakeLambda } from '../support/fakes/lambda.ts';
import { createFakeRouter, fakeEnvironment } from '../support/fakes/router.ts';
import { machine, startRig, startUpstream } from '../unit/routers/proxy-harness.ts';
import { routerContract } from './router-contract.ts';

routerContract('fake', async () => ({
  router: createFakeRouter({ clock: machine.clock }),
  blue: fakeEnvironment('blue'),
  green: fakeEnvironment('green'),
  nowMs: () => Date.now(),
  stop: async () => {},
}));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

routerContract('local-proxy', async () => {
  const rig = await startRig();
  const environment = await startUpstream('hello');
  const config = { kind: 'local-proxy', port: await freePort() };
  const deps = { ...machine, log: silentLogger, localProxy: rig.proxy };
  return {
    router: createRouter(config, 'shop', deps),
    blue: fakeEnvironment('blue', environment.address),
    green: fakeEnvironment('green', environment.address),
    nowMs: () => Date.now(),
    async stop() {
      await rig.stop();
      await environment.stop();
    },
  };
});

routerContract('lambda-alias', async () => {
  const fake = createFakeLambda();
  const blue = fakeEnvironment(fake.publishByHand('blue'));
  fake.deployByHand({ content: 'second' });
  const green = fakeEnvironment(fake.publishByHand('green'));
  const config = { kind: 'lambda-alias', functionName: fake.functionName, alias: 'live' };
  const { lambda } = fake;
  return {
    router: createRouter(config, 'shop', { ...machine, log: silentLogger, lambda }),
    blue,
    green,
    nowMs: () => Date.now(),
    stop: async () => {},
  };
});
