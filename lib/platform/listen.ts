import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { VerdigrisError } from '../release/errors.ts';

/** An HTTP server that listens. */
export interface Listening {
  url: string;
  close(): Promise<void>;
}

/** How long a client may take and how much it may send before somebody has looked at it. */
export interface ClientLimits {
  /** From the connection, or the last answer on it, to the end of the headers. */
  headersMs: number;
  /** To the end of the request. An answer may take as long as it likes. */
  requestMs: number;
  /** How long a connection without a request stays open. */
  idleMs: number;
  /** How often slow clients are looked for. */
  lookMs: number;
  headerBytes: number;
  /** More than so many at once are hung up on. */
  connections: number;
}

/**
 * A client that sends its request byte by byte holds a connection, nothing else, and loses it: Node.js
 * looks for such ones only every 30 seconds unless it is told otherwise
 * (https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener).
 */
export const clientLimits: ClientLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 10_000,
  lookMs: 1000,
  headerBytes: 16 * 1024,
  connections: 1000,
};

/** Serves a fetch function. @throws PortInUseError naming the port and what to do. */
export async function listen(
  fetch: (request: Request, platform: object) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
  limits: ClientLimits = clientLimits,
): Promise<Listening> {
  const server = createServer(fetch, limits);
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
        server.closeAllConnections();
      }),
  };
}

function createServer(fetch: Parameters<typeof listen>[0], limits: ClientLimits): Server {
  const server = createAdaptorServer({
    fetch,
    serverOptions: {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: limits.lookMs,
      maxHeaderSize: limits.headerBytes,
    },
  }) as Server;
  server.maxConnections = limits.connections;
  return server;
}
