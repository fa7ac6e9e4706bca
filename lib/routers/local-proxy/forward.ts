import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { messageOf } from '../../release/errors.ts';
import {
  clientSilent,
  drainOver,
  noAddress,
  type Refusal,
  refuse,
  sideFailed,
  sideSilent,
} from './answers.ts';
import { hasNoBody, prepareRequest, responseHeaders } from './headers.ts';
import type { InFlight } from './in-flight.ts';
import type { Side } from './side.ts';
import type { FinishedRequest, RequestOutcome } from './traffic.ts';

/** One request and everything that is known about it. */
interface Exchange extends InFlight {
  readonly passage: Passage;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** A body of unknown length, which http-proxy-3 would cut off for DELETE and OPTIONS. */
  readonly isChunked: boolean;
  /** Null until the request to the environment has a connection. */
  upstream: ClientRequest | null;
  latencyMs: number | null;
  failure: RequestOutcome | null;
  isSilent: boolean;
  isRetried: boolean;
}

/** Where a request goes and on what terms. */
export interface Passage {
  service: string;
  side: Side;
  timeoutSeconds: number;
  /** A Set-Cookie value to add to the answer, or null. */
  setCookie: string | null;
  /** Whether somebody asked for this side, who is then told that it was this one; no user's request. */
  isPreview: boolean;
  /** Whether the side still gets traffic. */
  isLive(): boolean;
}

/** Passes one request on and its answer back. */
export type Forward = (req: IncomingMessage, res: ServerResponse, passage: Passage) => void;

/**
 * http-proxy-3 gives its events the request, which therefore carries its exchange. A WeakMap would
 * say the same and make every minor garbage collection ten times as long, for the reason that
 * in-flight.ts gives.
 */
const exchangeKey = Symbol('exchange');

function exchangeOf(req: IncomingMessage): Exchange | undefined {
  return (req as IncomingMessage & { [exchangeKey]?: Exchange })[exchangeKey];
}

/** A forwarder that reports every request once, when it is over. */
export function createForward(report: (request: FinishedRequest) => void): Forward {
  const proxy = createProxyServer({ selfHandleResponse: true, toProxy: true });

  // http-proxy-3 announces an empty body for every DELETE and OPTIONS without a length and then sends
  // the chunks after it: the environment would take them for the next request.
  proxy.before('web', 'stream', (req) => {
    if (!exchangeOf(req)?.isChunked) return;
    req.headers['transfer-encoding'] = 'chunked';
    delete req.headers['content-length'];
  });
  proxy.on('proxyReq', (upstream, req) => {
    const exchange = exchangeOf(req);
    if (exchange) armTimeout(exchange, upstream);
  });
  proxy.on('proxyRes', (answer, req) => {
    const exchange = exchangeOf(req);
    if (exchange) passBack(exchange, answer);
  });
  proxy.on('error', (error, req) => {
    const exchange = exchangeOf(req);
    if (!exchange) return;
    if (isWorthRetry(exchange, error)) send(exchange);
    else onSideError(exchange, error);
  });

  function send(exchange: Exchange): void {
    const { side, timeoutSeconds } = exchange.passage;
    const target = side.target;
    if (!target) {
      fail(exchange, 'switch-failed', noAddress(side.environmentId));
      return;
    }
    proxy.web(exchange.req, exchange.res, {
      target,
      // A repetition gets a new connection, which cannot be stale.
      ...(exchange.isRetried ? {} : { agent: side.agent }),
      connectTimeout: timeoutSeconds * 1000,
    });
  }

  return (req, res, passage) => {
    const exchange = createExchange(req, res, passage);
    Object.assign(req, { [exchangeKey]: exchange });
    passage.side.inFlight.add(exchange);
    res.once('close', () => {
      const finished = settle(exchange);
      if (!passage.isPreview) report(finished);
    });
    prepareRequest(req);
    send(exchange);
  };
}

function createExchange(req: IncomingMessage, res: ServerResponse, passage: Passage): Exchange {
  const exchange: Exchange = {
    slot: -1,
    isSocket: false,
    passage,
    req,
    res,
    startedAt: performance.now(),
    isChunked: req.headers['transfer-encoding'] !== undefined,
    upstream: null,
    latencyMs: null,
    failure: null,
    isSilent: false,
    isRetried: false,
    close() {
      passage.side.drainedConnections += 1;
      fail(exchange, 'switch-failed', drainOver(passage.side.environmentId));
    },
  };
  return exchange;
}

/**
 * Only the wait for the answer's beginning is limited: a stream may be silent for as long as it
 * likes. The agent takes the time limit back when the connection is free again.
 */
function armTimeout(exchange: Exchange, upstream: ClientRequest): void {
  exchange.upstream = upstream;
  upstream.setTimeout(exchange.passage.timeoutSeconds * 1000, () => {
    if (exchange.latencyMs !== null) return;
    exchange.isSilent = true;
    upstream.destroy();
  });
}

function passBack(exchange: Exchange, answer: IncomingMessage): void {
  const { res, passage } = exchange;
  if (res.destroyed || exchange.failure) {
    answer.destroy();
    return;
  }
  exchange.latencyMs = performance.now() - exchange.startedAt;
  const headers = responseHeaders(answer.rawHeaders);
  if (passage.setCookie) headers.push('Set-Cookie', passage.setCookie);
  if (passage.isPreview) headers.push('X-Verdigris-Environment', passage.side.environmentId);
  try {
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  } catch (error) {
    answer.destroy();
    onSideError(exchange, error);
    return;
  }
  // Without this a client would wait for ever for the rest of an answer that was broken off.
  answer.once('close', () => {
    if (!answer.complete) fail(exchange, 'side-failed', null);
  });
  // Streams that are slow to begin, such as server-sent events, show their headers at once; an answer
  // of known length goes out in one packet with them.
  if (answer.headers['content-length'] === undefined) res.flushHeaders();
  answer.pipe(res);
}

/**
 * An environment may close an idle connection in the very moment in which it is used again. The
 * request then has not been looked at, and what has no body and changes nothing is sent once more.
 */
function isWorthRetry(exchange: Exchange, error: unknown): boolean {
  const { req, res, upstream } = exchange;
  const code = (error as NodeJS.ErrnoException).code;
  const isStale = upstream?.reusedSocket === true && (code === 'ECONNRESET' || code === 'EPIPE');
  const isRepeatable = (req.method === 'GET' || req.method === 'HEAD') && hasNoBody(req.headers);
  const isOpen = !exchange.failure && !exchange.isSilent && !res.headersSent && !res.destroyed;
  if (!isStale || !isRepeatable || !isOpen || exchange.isRetried) return false;
  exchange.isRetried = true;
  return true;
}

function onSideError(exchange: Exchange, error: unknown): void {
  const { req, res, passage } = exchange;
  if (res.destroyed || exchange.failure) return;
  const { environmentId } = passage.side;
  const hasTimedOut =
    exchange.isSilent || (error as NodeJS.ErrnoException).code === 'ECONNECT_TIMEOUT';
  if (hasTimedOut && !req.complete) fail(exchange, 'client-gone', clientSilent);
  else if (hasTimedOut) {
    fail(exchange, 'side-failed', sideSilent(environmentId, passage.timeoutSeconds));
  } else {
    // An environment that was stopped after its traffic had left is no fault of the application.
    const outcome = passage.isLive() ? 'side-failed' : 'switch-failed';
    fail(exchange, outcome, sideFailed(environmentId, messageOf(error)));
  }
}

/** Ends an exchange: with an answer where none has begun, else by breaking it off. */
function fail(exchange: Exchange, outcome: RequestOutcome, refusal: Refusal | null): void {
  const { res, req, upstream } = exchange;
  if (exchange.failure || res.destroyed || res.writableFinished) return;
  exchange.failure = outcome;
  if (res.headersSent || !refusal) {
    res.destroy();
  } else {
    exchange.latencyMs = performance.now() - exchange.startedAt;
    refuse(res, refusal);
  }
  upstream?.destroy();
  if (!req.complete) req.resume();
}

function settle(exchange: Exchange): FinishedRequest {
  const { res, req, passage, failure } = exchange;
  passage.side.inFlight.remove(exchange);
  // The environment answered early and the client is still sending: nobody reads that any more.
  if (!req.complete) req.unpipe().resume();
  return {
    service: passage.service,
    environmentId: passage.side.environmentId,
    status: res.headersSent ? res.statusCode : 0,
    latencyMs: exchange.latencyMs,
    outcome: failure ?? (res.writableFinished ? 'answered' : 'client-gone'),
  };
}
