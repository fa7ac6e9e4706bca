import { createHmac } from 'node:crypto';
import { Agent } from 'node:http';
import { VerdigrisError } from '../../release/errors.ts';
import { createInFlightList, type InFlightList } from './in-flight.ts';

/** Where an environment listens. */
export interface Target {
  protocol: 'http:';
  host: string;
  port: number;
}

/** One environment as the proxy sees it. The object lives as long as the environment is known. */
export interface Side {
  readonly environmentId: string;
  /** What a sticky cookie calls it: nobody can tell its id from that. */
  readonly sticky: string;
  readonly inFlight: InFlightList;
  /** Null while nobody has said where it listens. */
  target: Target | null;
  /** Keeps connections to this environment open. Replaced when its address changes. */
  agent: Agent;
  /** Takes the end of a running drain back; null when none is running. */
  cancelDrain: (() => void) | null;
  /** Requests and sockets that were closed because their drain time was over. */
  drainedConnections: number;
}

/** A side without an address. */
export function createSide(environmentId: string, stickyKey: string): Side {
  return {
    environmentId,
    sticky: createHmac('sha256', stickyKey).update(environmentId).digest('base64url').slice(0, 22),
    inFlight: createInFlightList(),
    target: null,
    agent: createAgent(),
    cancelDrain: null,
    drainedConnections: 0,
  };
}

/**
 * Sends later requests of this side to `address`; those in flight stay where they are.
 * @throws RequestInvalidError when it is no `http://host:port`.
 */
export function setAddress(side: Side, address: string): void {
  const target = parseAddress(address);
  if (side.target?.host === target.host && side.target.port === target.port) return;
  closeIdle(side.agent);
  side.agent = createAgent();
  side.target = target;
}

/**
 * `http://127.0.0.1:3000` as a target.
 * @throws RequestInvalidError when it is something else.
 */
export function parseAddress(address: string): Target {
  const target = targetOf(address);
  if (target) return target;
  throw new VerdigrisError(
    'RequestInvalidError',
    `the address "${address}" is not one that the local proxy can reach; ` +
      'use http://host:port without a path',
  );
}

/** The same, or null when it is something else. */
export function targetOf(address: string): Target | null {
  const url = URL.parse(address);
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '') return null;
  return {
    protocol: 'http:',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || 80),
  };
}

/** Closes connections that carry no request now. */
export function closeIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

// The newest idle connection first: the others age out before the environment closes them.
function createAgent(): Agent {
  return new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' });
}
