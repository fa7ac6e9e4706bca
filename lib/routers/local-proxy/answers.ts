import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** An answer that the proxy gives itself: `{ error: { code, message } }`. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
}

/** No service listens for this host. */
export function unknownHost(host: string): Refusal {
  return { status: 404, code: 'unknown-host', message: `no service is bound to host "${host}"` };
}

/** The service has no route yet. */
export function noRouteYet(service: string): Refusal {
  return { status: 503, code: 'no-route', message: `nothing is routed for ${service} yet` };
}

/** A preview of an environment that is not there, or not ready: one answer, so that nobody learns which. */
export function noPreview(service: string, header: string): Refusal {
  return {
    status: 404,
    code: 'no-preview',
    message: `${service} has no ready environment of that name: ${header} takes the id of one`,
  };
}

/** Nobody has said where the environment listens. */
export function noAddress(environmentId: string): Refusal {
  return { status: 502, code: 'no-address', message: `${environmentId} has no address` };
}

/** The environment refused, reset or broke off. */
export function sideFailed(environmentId: string, reason: string): Refusal {
  return {
    status: 502,
    code: 'environment-failed',
    message: `${environmentId} did not answer: ${reason}`,
  };
}

/** The environment kept silent for too long. */
export function sideSilent(environmentId: string, timeoutSeconds: number): Refusal {
  return {
    status: 504,
    code: 'environment-silent',
    message: `${environmentId} did not begin to answer within ${timeoutSeconds}s`,
  };
}

/** The client stopped in the middle of its own request. */
export const clientSilent: Refusal = {
  status: 408,
  code: 'client-silent',
  message: 'the request did not come to its end in time',
};

/** The side lost its traffic and the drain time is over. */
export function drainOver(environmentId: string): Refusal {
  return {
    status: 503,
    code: 'drained',
    message: `${environmentId} gets no more traffic and its drain time is over; try again`,
  };
}

/** Upgrades other than to WebSocket are not passed on. */
export const upgradeRefused: Refusal = {
  status: 400,
  code: 'upgrade-refused',
  message: 'only upgrades to websocket are passed on',
};

/** Answers a request whose answer has not begun. */
export function refuse(res: ServerResponse, refusal: Refusal): void {
  const body = bodyOf(refusal);
  res.writeHead(refusal.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    // What is left of the request's body is not worth reading.
    ...(res.req.complete ? {} : { connection: 'close' }),
  });
  res.end(body);
}

/** Answers on a bare socket and closes it. */
export function refuseSocket(socket: Duplex, refusal: Refusal): void {
  if (socket.destroyed || !socket.writable) return;
  const body = bodyOf(refusal);
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n` +
      'content-type: application/json\r\nconnection: close\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function bodyOf({ code, message }: Refusal): string {
  return JSON.stringify({ error: { code, message } });
}
