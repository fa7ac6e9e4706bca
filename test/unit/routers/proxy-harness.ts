import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timers } from '../../../lib/release/clock.ts';
import type { Weights } from '../../../lib/release/document.ts';
import { type Logger, silentLogger } from '../../../lib/release/logger.ts';
import {
  type Binding,
  createLocalProxy,
  type FinishedRequest,
  type LocalProxy,
} from '../../../lib/routers/local-proxy/proxy.ts';
import type { Route } from '../../../lib/routers/router.ts';

/** Time and chance of the machine. */
export const machine = {
  clock: { now: () => Date.now() },
  timers: {
    after(delayMs: number, callback: () => void) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  } satisfies Timers,
  ids: { next: () => crypto.randomUUID().replaceAll('-', '') },
};

/** Timers that run when a test says so. */
export function createManualTimers() {
  const waiting = new Set<() => void>();
  const timers: Timers = {
    after(_, callback) {
      waiting.add(callback);
      return () => waiting.delete(callback);
    },
  };
  return {
    timers,
    waiting,
    fireAll() {
      for (const callback of [...waiting]) {
        waiting.delete(callback);
        callback();
      }
    },
  };
}

/** How a service is reached in tests, unless said otherwise. */
export const openBinding: Binding = {
  address: '127.0.0.1',
  port: 0,
  host: null,
  drainSeconds: 10,
  timeoutSeconds: 30,
  stickyCookie: null,
  previewHeader: null,
  remember: null,
};

/** A real proxy, what it reported, and what a test does to it. */
export interface Rig {
  proxy: LocalProxy;
  directory: string;
  finished: FinishedRequest[];
  /** Switches `shop` (or another service) at once, whatever the live route is. */
  route(weights: Weights, addresses?: Record<string, string>, service?: string): Promise<Route>;
  bind(binding: Partial<Binding>, service?: string): void;
  url(service?: string): string;
  stop(): Promise<void>;
}

/** Starts a proxy with its own directory. Ends with `stop`. */
export async function startRig(
  options: { timers?: Timers; directory?: string; log?: Logger } = {},
): Promise<Rig> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'proxy-')));
  const finished: FinishedRequest[] = [];
  const bindings = new Map<string, Binding>();
  const proxy = createLocalProxy({
    ...machine,
    timers: options.timers ?? machine.timers,
    log: options.log ?? silentLogger,
    directory,
    onRequest: (entry) => finished.push(entry),
  });
  return {
    proxy,
    directory,
    finished,
    bind(binding, service = 'shop') {
      bindings.set(service, { ...openBinding, ...binding });
    },
    route: (weights, addresses = {}, service = 'shop') =>
      proxy.change(service, bindings.get(service) ?? openBinding, {
        expected: proxy.read(service),
        weights,
        addresses,
        deadlineMs: Number.MAX_SAFE_INTEGER,
      }),
    url: (service = 'shop') => `http://127.0.0.1:${proxy.portOf(service)}`,
    async stop() {
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An environment: an HTTP server on a free port. */
export interface Upstream {
  address: string;
  server: Server;
  stop(): Promise<void>;
}

/** Starts an environment. Without a listener it answers its own name. */
export async function startUpstream(handler: RequestListener | string): Promise<Upstream> {
  const listener: RequestListener =
    typeof handler === 'string' ? (_, res) => res.end(handler) : handler;
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a client got. */
export interface Reply {
  status: number;
  body: string;
  headers: IncomingMessage['headers'];
}

/** Sends one request with node:http, so that every header can be set. */
export function send(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; agent?: Agent } = {},
): Promise<Reply> {
  const { method = 'GET', headers = {}, body, agent = new Agent() } = options;
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent }, async (res) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of res) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString();
        resolve({ status: res.statusCode ?? 0, body: text, headers: res.headers });
      } catch (error) {
        reject(error);
      }
    });
    req.on('error', reject);
    req.end(body);
  });
}
