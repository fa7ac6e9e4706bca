import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that somebody else runs. */
export interface HealthyServer {
  /** `http://127.0.0.1:port` */
  address: string;
  /** What it has been asked for, in order. */
  asked: string[];
  /** Its next answers' statuses; 200 when there are none. */
  statuses: number[];
  close(): Promise<void>;
}

/** Answers `/healthz` and `/` with its name; everything else is not found. */
export async function listenHealthily(name = 'shop'): Promise<HealthyServer> {
  const asked: string[] = [];
  const statuses: number[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const isKnown = url === '/healthz' || url === '/';
    response.writeHead(isKnown ? (statuses.shift() ?? 200) : 404).end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    asked,
    statuses,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
