import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { VerdigrisError } from '../release/errors.ts';

/** An HTTP server that listens. */
export interface Listening {
  url: string;
  close(): Promise<void>;
}

/** Serves a fetch function. @throws PortInUseError naming the port and what to do. */
export async function listen(
  fetch: (request: Request, platform: object) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const server = createAdaptorServer({ fetch });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(
        new VerdigrisError(
          'PortInUseError',
          `api.port: ${host}:${port} is in use; stop what listens there, or choose another port in verdigris.yml`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
