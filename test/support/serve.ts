import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Servers on free ports of this machine, for a test to ask. */
export interface Servers {
  /** Starts one and gives its address, `http://127.0.0.1:port`. */
  serve(listener: RequestListener): Promise<string>;
  /** Stops all of them and breaks what is open. */
  stopAll(): Promise<void>;
}

/** No server yet. */
export function createServers(): Servers {
  const servers: Server[] = [];
  return {
    async serve(listener) {
      const server = createServer(listener).listen(0, '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    async stopAll() {
      const closed = servers.splice(0).map((server) => {
        const gone = once(server, 'close');
        server.close();
        server.closeAllConnections();
        return gone;
      });
      await Promise.all(closed);
    },
  };
}
