import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'http-proxy-3';
import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';
import {
  drainOver,
  noAddress,
  type Refusal,
  refuseSocket,
  sideFailed,
  sideSilent,
  upgradeRefused,
} from './answers.ts';
import type { Passage } from './forward.ts';
import { prepareUpgrade } from './headers.ts';
import type { InFlight } from './in-flight.ts';
import type { FinishedRequest, RequestOutcome } from './traffic.ts';

/** A WebSocket close frame with status 1001, "going away" (RFC 6455 sections 5.5.1 and 7.4.1). */
const goingAway = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
/** How long a client has to answer the close frame, in milliseconds. */
const farewellMs = 1000;

interface Tunnel extends InFlight {
  readonly passage: Passage;
  readonly socket: Duplex;
  upstream: ClientRequest | null;
  /** The environment's end, once it has agreed to the upgrade. */
  far: Duplex | null;
  status: number;
  latencyMs: number | null;
  failure: RequestOutcome | null;
  isSilent: boolean;
}

/** Passes a request to upgrade on, and then bytes both ways. */
export type Upgrade = (
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  passage: Passage,
) => void;

/** An upgrader that reports every socket once, when it is closed. */
export function createUpgrade(timers: Timers, report: (request: FinishedRequest) => void): Upgrade {
  const tunnels = new WeakMap<IncomingMessage, Tunnel>();
  const proxy = createProxyServer({ toProxy: true });
  proxy.on('proxyReqWs', (upstream, req) => {
    const tunnel = tunnels.get(req);
    if (tunnel) follow(tunnel, upstream);
  });
  proxy.on('error', (error, req) => {
    const tunnel = tunnels.get(req);
    if (tunnel) onError(tunnel, error);
  });

  return (req, socket, head, passage) => {
    if (req.headers.upgrade?.toLowerCase() !== 'websocket' || req.method !== 'GET') {
      refuseSocket(socket, upgradeRefused);
      return;
    }
    const tunnel = createTunnel(socket, passage, timers);
    tunnels.set(req, tunnel);
    passage.side.inFlight.add(tunnel);
    socket.once('close', () => {
      const finished = settle(tunnel);
      if (!passage.isPreview) report(finished);
    });
    if (!passage.side.target) {
      fail(tunnel, 'switch-failed', noAddress(passage.side.environmentId));
      return;
    }
    prepareUpgrade(req);
    proxy.ws(req, socket, head, {
      target: passage.side.target,
      connectTimeout: passage.timeoutSeconds * 1000,
    });
  };
}

function createTunnel(socket: Duplex, passage: Passage, timers: Timers): Tunnel {
  const tunnel: Tunnel = {
    slot: -1,
    isSocket: true,
    passage,
    socket,
    startedAt: performance.now(),
    upstream: null,
    far: null,
    status: 0,
    latencyMs: null,
    failure: null,
    isSilent: false,
    close() {
      passage.side.drainedConnections += 1;
      if (tunnel.far) sayFarewell(tunnel, timers);
      else fail(tunnel, 'switch-failed', drainOver(passage.side.environmentId));
    },
  };
  return tunnel;
}

function sayFarewell(tunnel: Tunnel, timers: Timers): void {
  const { socket, far } = tunnel;
  tunnel.failure = 'switch-failed';
  far?.unpipe(socket);
  if (far) socket.unpipe(far);
  far?.end();
  socket.end(goingAway);
  // The client's own close frame is read and dropped, or its end of the socket would stay open.
  socket.resume();
  const cancel = timers.after(farewellMs, () => socket.destroy());
  socket.once('close', cancel);
}

function follow(tunnel: Tunnel, upstream: ClientRequest): void {
  tunnel.upstream = upstream;
  upstream.setTimeout(tunnel.passage.timeoutSeconds * 1000, () => {
    tunnel.isSilent = true;
    upstream.destroy();
  });
  upstream.once('upgrade', (_, far) => {
    answered(tunnel, 101);
    tunnel.far = far;
    if (tunnel.socket.destroyed) far.destroy();
  });
  // The environment said no; http-proxy-3 passes its answer on but does not notice when it breaks off.
  upstream.once('response', (answer) => {
    answered(tunnel, answer.statusCode ?? 502);
    answer.once('close', () => {
      if (!answer.complete) tunnel.socket.destroy();
    });
  });
}

function answered(tunnel: Tunnel, status: number): void {
  tunnel.upstream?.setTimeout(0);
  tunnel.status = status;
  tunnel.latencyMs = performance.now() - tunnel.startedAt;
}

function onError(tunnel: Tunnel, error: unknown): void {
  const { passage, socket } = tunnel;
  if (tunnel.failure || socket.destroyed) return;
  const { environmentId } = passage.side;
  const hasTimedOut =
    tunnel.isSilent || (error as NodeJS.ErrnoException).code === 'ECONNECT_TIMEOUT';
  if (tunnel.status !== 0) {
    tunnel.failure = passage.isLive() ? 'side-failed' : 'switch-failed';
    socket.destroy();
  } else if (hasTimedOut) {
    fail(tunnel, 'side-failed', sideSilent(environmentId, passage.timeoutSeconds));
  } else {
    const outcome = passage.isLive() ? 'side-failed' : 'switch-failed';
    fail(tunnel, outcome, sideFailed(environmentId, messageOf(error)));
  }
}

function fail(tunnel: Tunnel, outcome: RequestOutcome, refusal: Refusal): void {
  tunnel.failure = outcome;
  tunnel.status = refusal.status;
  tunnel.latencyMs = performance.now() - tunnel.startedAt;
  refuseSocket(tunnel.socket, refusal);
  tunnel.upstream?.destroy();
}

function settle(tunnel: Tunnel): FinishedRequest {
  const { passage, failure, status, upstream, far } = tunnel;
  passage.side.inFlight.remove(tunnel);
  if (!far) upstream?.destroy();
  return {
    service: passage.service,
    environmentId: passage.side.environmentId,
    status,
    latencyMs: tunnel.latencyMs,
    outcome: failure ?? (status === 0 ? 'client-gone' : 'answered'),
  };
}
