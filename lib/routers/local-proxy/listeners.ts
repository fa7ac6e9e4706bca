import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { VerdigrisError } from '../../release/errors.ts';
import { refuse, refuseSocket, unknownHost } from './answers.ts';
import { hostOf } from './headers.ts';

/** Where a service is reached. */
export interface Door {
  /** The address to listen on. */
  address: string;
  /** 0 takes a free one. */
  port: number;
  /** The only host name that is this service's, or null for every one that is nobody else's. */
  host: string | null;
}

/** What happens to requests once it is known whose they are. */
export interface Handlers {
  onRequest(service: string, req: IncomingMessage, res: ServerResponse): void;
  onUpgrade(service: string, req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The open ports, and which service is behind which port and host. */
export interface Listeners {
  /**
   * Opens a service's door, or moves it. Bound like this already, it is no work.
   * @throws PortInUseError when the port is another program's, or port and host another service's.
   */
  bind(service: string, door: Door): Promise<void>;
  /** The port of a service, or undefined while it has none. */
  portOf(service: string): number | undefined;
  /** Closes every port and every connection. */
  close(): Promise<void>;
}

interface Listener {
  server: Server;
  /** Host to service; the empty host takes what is nobody else's. */
  services: Map<string, string>;
  sockets: Set<Duplex>;
}

/** How long an idle client connection is kept, in milliseconds: longer than common clients keep theirs. */
const keepAliveMs = 65_000;

/** Listeners without any open port. */
export function createListeners(handlers: Handlers): Listeners {
  const listeners = new Map<string, Promise<Listener>>();
  const bound = new Map<string, { door: Door; key: string; listener: Listener }>();

  async function listenerAt(key: string, service: string, door: Door): Promise<Listener> {
    const existing = listeners.get(key);
    if (existing) return existing;
    const opening = open(service, door, handlers);
    listeners.set(key, opening);
    opening.catch(() => listeners.delete(key));
    return opening;
  }

  function release(service: string): void {
    const old = bound.get(service);
    if (!old) return;
    const { listener, key, door } = old;
    listener.services.delete(door.host ?? '');
    bound.delete(service);
    if (listener.services.size > 0) return;
    listeners.delete(key);
    // Requests in flight come to their end; idle connections are closed.
    listener.server.close();
  }

  async function bind(service: string, door: Door): Promise<void> {
    const current = bound.get(service);
    if (current && isSameDoor(current.door, door)) return;
    const key = `${door.address}:${door.port === 0 ? `any for ${service}` : door.port}`;
    const listener = await listenerAt(key, service, door);
    // The last service on this port may have moved away meanwhile, which closed it.
    if (!listeners.has(key)) return bind(service, door);
    const holder = listener.services.get(door.host ?? '');
    if (holder !== undefined && holder !== service) throw doorTaken(service, door, holder);
    const before = bound.get(service);
    if (before && isSameDoor(before.door, door)) return;
    if (before?.listener === listener) listener.services.delete(before.door.host ?? '');
    else release(service);
    listener.services.set(door.host ?? '', service);
    bound.set(service, { door, key, listener });
  }

  return {
    bind,
    portOf(service) {
      const address = bound.get(service)?.listener.server.address() as AddressInfo | null;
      return address?.port;
    },
    async close() {
      const open = await Promise.allSettled(listeners.values());
      listeners.clear();
      bound.clear();
      const closing = open.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []));
      await Promise.all(closing.map(closeListener));
    },
  };
}

function isSameDoor(a: Door, b: Door): boolean {
  return a.address === b.address && a.port === b.port && a.host === b.host;
}

function doorTaken(service: string, { port, host }: Door, holder: string): VerdigrisError {
  return new VerdigrisError(
    'PortInUseError',
    `port ${port}${host ? ` with host ${host}` : ''} is already ${holder}'s, so ${service} cannot ` +
      'have it: give one of them another port or host in its manifest',
    { details: { port, host, service, holder } },
  );
}

function portTaken(service: string, { address, port }: Door, cause: Error): VerdigrisError {
  return new VerdigrisError(
    'PortInUseError',
    `cannot listen on ${address}:${port} for ${service} (${cause.message}): end the program that ` +
      "has this port, or give the service another one in its manifest's router.port",
    { cause, details: { address, port, service } },
  );
}

async function open(service: string, door: Door, handlers: Handlers): Promise<Listener> {
  const services = new Map<string, string>();
  const sockets = new Set<Duplex>();
  const serviceOf = (req: IncomingMessage) => services.get(hostOf(req.headers)) ?? services.get('');
  // Uploads may take as long as they like; headers may not (60 seconds, Node's default).
  const options = { keepAliveTimeout: keepAliveMs, requestTimeout: 0, noDelay: true };
  const server = createServer({ ...options, ...onlyWebSockets }, (req, res) => {
    const found = serviceOf(req);
    if (found !== undefined) handlers.onRequest(found, req, res);
    else refuse(res, unknownHost(hostOf(req.headers)));
  });
  server.on('upgrade', (req, socket, head) => {
    // A socket that breaks before anybody else listens must not end the process.
    socket.on('error', () => {});
    const found = serviceOf(req);
    if (found !== undefined) handlers.onUpgrade(found, req, socket, head);
    else refuseSocket(socket, unknownHost(hostOf(req.headers)));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portTaken(service, door, error)));
    server.listen(door.port, door.address, resolve);
  });
  return { server, services, sockets };
}

/** Other upgrades, such as to HTTP/2, are offers that a server may ignore. Node 24.9 and later. */
const onlyWebSockets = {
  shouldUpgradeCallback: (req: IncomingMessage) =>
    req.headers.upgrade?.toLowerCase() === 'websocket',
};

function closeListener({ server, sockets }: Listener): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
