import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../../lib/http/app.ts';
import { clientLimits, type Listening, listen } from '../../../lib/platform/listen.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createFakeOperations } from '../../support/fakes/operations.ts';

/** So short that a test can wait for them. */
const short = { ...clientLimits, headersMs: 200, requestMs: 400, lookMs: 20 };

async function serve(limits = short) {
  const lines: string[] = [];
  const log = { ...silentLogger, error: (message: string) => void lines.push(message) };
  const { app, operations } = createServed(log);
  const listening = await listen(app.fetch, { host: '127.0.0.1', port: 0 }, limits);
  onTestFinished(listening.close);
  return { listening, operations, lines };
}

function createServed(log: typeof silentLogger) {
  const operations = createFakeOperations();
  const app = createApp({
    operations,
    authenticate: () => ({
      actor: 'grace',
      via: 'shared-token',
      grants: [{ role: 'operator', services: '*' }],
    }),
    log,
    version: '0.0.0-test',
    manifestSchema: () => ({}),
  });
  return { app, operations };
}

async function open({ url }: Listening): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Sends a byte every few milliseconds until the other side hangs up; gives what it said. */
async function trickle(socket: Socket, start: string): Promise<string> {
  let said = '';
  socket.on('data', (chunk) => {
    said += chunk;
  });
  socket.write(start);
  const timer = setInterval(() => socket.write('x'), 10);
  // Not by `once`, which takes the reset of a connection for a failure of its own.
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  return said;
}

const slowHeaders = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const slowBody =
  'PUT /api/freezes/storefront HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
  'Content-Length: 1000\r\n\r\n';

describe('a client that takes its time', () => {
  it.each([
    ['headers', slowHeaders],
    ['a body', slowBody],
  ])('loses its connection while it sends %s, and gets nothing done', async (_, start) => {
    const { listening, operations, lines } = await serve();

    const said = await trickle(await open(listening), start);

    expect(said).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(operations.calls).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('keeps nobody else waiting', async () => {
    const { listening } = await serve({ ...short, headersMs: 60_000, requestMs: 60_000 });
    const slow = await Promise.all(Array.from({ length: 200 }, () => open(listening)));
    for (const [i, socket] of slow.entries()) socket.write(i % 2 === 0 ? slowHeaders : slowBody);

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${listening.url}/api/services`)),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(slow.filter((socket) => socket.closed)).toEqual([]);
  });
});

describe('a client that asks for too much', () => {
  it('is told when its headers are too large', async () => {
    const { listening } = await serve();
    const headers = { 'x-large': 'x'.repeat(clientLimits.headerBytes) };

    expect((await fetch(`${listening.url}/healthz`, { headers })).status).toBe(431);
  });

  it('is hung up on when there are too many, and those that are there are served', async () => {
    const { listening } = await serve({ ...clientLimits, connections: 2 });
    const [first] = [await open(listening), await open(listening)];
    const third = await open(listening);
    if (!third.closed) await new Promise((resolve) => third.on('close', resolve));

    first.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');

    expect(String(await once(first, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('the limits of the API', () => {
  it('are seconds, not the minutes that Node.js has by itself', () => {
    expect(clientLimits).toMatchObject({ headersMs: 10_000, requestMs: 30_000, lookMs: 1000 });
  });
});
