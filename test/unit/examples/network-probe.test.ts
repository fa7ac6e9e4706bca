import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';

const file = '../../../examples/web-alb/network-probe/index.mjs';

interface Result {
  open: boolean;
  error: string | null;
  ms: number;
}
type Handler = (event: object) => Promise<{ results: Result[] }>;

it('tells what is open from where it runs, in order', async () => {
  const { handler } = (await import(file)) as { handler: Handler };
  const server = createServer(() => {});
  server.on('connection', (socket) => socket.on('error', () => {}));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = createServer();
  await once(closed.listen(0, '127.0.0.1'), 'listening');
  const { port: freed } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');

  const host = '127.0.0.1';
  const targets = [
    { host, port },
    { host, port: freed },
    { host, port, tls: true },
  ];
  const { results } = await handler({ targets, timeoutMs: 300 });
  server.close();

  expect(results.map(({ open, error }) => [open, error])).toEqual([
    [true, null],
    [false, 'ECONNREFUSED'],
    [false, 'ETIMEDOUT'],
  ]);
  expect(results.every(({ ms }) => ms >= 0)).toBe(true);
});
