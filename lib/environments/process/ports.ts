import { createServer } from 'node:net';

/** Whether nobody listens on that port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== null;
}

/**
 * A port of 127.0.0.1 that was free a moment ago and is not in `taken`. Somebody else may still be
 * quicker to use it.
 * @throws Error when the machine has none left.
 */
export async function findFreePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await listenOnce(0);
    if (port !== null && !taken.has(port)) return port;
  }
  throw new Error('found no free port on 127.0.0.1');
}

/** Listens and closes again. The port, or null when it is in use. */
function listenOnce(port: number): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const server = createServer();
  server.once('error', () => resolve(null));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
    const address = server.address();
    const found = typeof address === 'object' && address ? address.port : null;
    server.close(() => resolve(found));
  });
  return promise;
}
