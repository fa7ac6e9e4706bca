import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCheck } from '../../lib/checks/index.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { type Cluster, startCluster, whyNoPostgres } from '../../scripts/postgres/cluster.ts';
import { checkContext } from '../support/check-context.ts';
import { answering, createFakeCheck, notYet } from '../support/fakes/check.ts';
import { createFakeIam } from '../support/fakes/iam.ts';
import { createFakeLambda } from '../support/fakes/lambda.ts';
import { createFakeSecretStores } from '../support/fakes/secret-stores.ts';
import { createServers } from '../support/serve.ts';
import { realIds, realTimers } from '../unit/environments/process-harness.ts';
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

/** A shop on each side: `/good` is the same on both, `/bad` fails on green. */
async function twoSides() {
  const listen =
    (isGreen: boolean): RequestListener =>
    (request, response) => {
      response.statusCode = isGreen && request.url === '/bad' ? 500 : 200;
      response.end('{"name":"mug"}');
    };
  const servers = await Promise.all(
    [false, true].map(async (isGreen) => {
      const server = createServer(listen(isGreen)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const [blue = '', own = ''] = servers.map((server) => {
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  return {
    green: { ...green, address: own },
    around: { blue: { ...green, id: 'shop-1', version: '1', address: blue } },
    async stop() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

checkContract('journey', async () => {
  const check = (path: string) =>
    createCheck(
      { kind: 'journey', steps: [{ path: '/good' }, { path }] },
      { timers: realTimers, ids: realIds },
    );
  return { ...(await twoSides()), passing: await check('/good'), failing: await check('/bad') };
});

checkContract('replay', async () => {
  const check = (path: string) =>
    createCheck({ kind: 'replay', source: { requests: ['/good', path] } }, { timers: realTimers });
  return { ...(await twoSides()), passing: await check('/good'), failing: await check('/bad') };
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

/** A service of one page with one file, which says what it is in a document. */
async function serveShop(openapi: string, style: string) {
  const servers = createServers();
  const answers: Record<string, [type: string, body: string]> = {
    '/': ['text/html', '<link rel="stylesheet" href="/app.css">'],
    '/app.css': ['text/css', style],
    '/openapi.json': ['application/json', openapi],
  };
  const address = await servers.serve((request, response) => {
    const [type, body] = answers[request.url ?? ''] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' }).end(body);
  });
  return { address, stop: () => servers.stopAll() };
}

checkContract('contract', async () => {
  const document = (paths: object) => JSON.stringify({ openapi: '3.1.0', paths });
  const operation = { get: { responses: { 200: {} } } };
  const was = await serveShop(document({ '/': operation }), '');
  const is = await serveShop(document({ '/': operation, '/news': operation }), '');
  const check = (keys: object) =>
    createCheck({ kind: 'contract', ...keys }, { timers: realTimers });
  return {
    passing: await check({ openapi: '/openapi.json' }),
    failing: await check({ openapi: '/nothing.json' }),
    green: { ...green, address: is.address },
    around: { blue: { ...green, id: 'shop-1', address: was.address } },
    stop: async () => void (await Promise.all([was.stop(), is.stop()])),
  };
});

checkContract('cache', async () => {
  const was = await serveShop('', 'a {}');
  const is = await serveShop('', 'b {}');
  const check = (maxChangedAge: string) =>
    createCheck({ kind: 'cache', maxHtmlAge: '1h', maxChangedAge }, { timers: realTimers });
  return {
    passing: await check('1h'),
    failing: await check('1m'),
    green: { ...green, address: is.address },
    around: { blue: { ...green, id: 'shop-1', address: was.address } },
    stop: async () => void (await Promise.all([was.stop(), is.stop()])),
  };
});

checkContract('function', async () => {
  const check = (code: string) =>
    createCheck(
      { kind: 'function', command: ['node', '-e', code] },
      { timers: realTimers, baseDirectory: import.meta.dirname },
    );
  const answer = JSON.stringify({ verdict: 'pass', summary: 'all is well', evidence: { a: [1] } });
  return {
    passing: await check(`console.log(${JSON.stringify(answer)})`),
    failing: await check('process.exit(1)'),
    green: { ...green, address: null },
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
  const load = { from: 10, to: 20, steps: 1, duration: '200ms', minRequests: 1 };
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
