/** Doors for whoever runs the shop: what it can reach from where it runs, and which secrets it has. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { json, Refusal } from './answers.mjs';
import { config, readableSecrets } from './config.mjs';
import { isSame } from './sessions.mjs';

const timeoutMs = 2000;
const outboundFile = join(import.meta.dirname, 'outbound.json');
/** Where the shop may connect to: `{host, ports: [first, last]}`. */
const { allowed } = JSON.parse(readFileSync(outboundFile, 'utf8'));

/** `GET /internal/secrets`: names only. */
export async function showSecrets() {
  return json(readableSecrets());
}

/** `GET /internal/outbound`: whom the shop calls. */
export async function showOutbound({ request }) {
  demandToken(request);
  return json({ allowed });
}

/** `GET /internal/probe?host=&port=`: whether the shop can open a connection to there. */
export async function probe({ request, url }) {
  demandToken(request);
  const host = url.searchParams.get('host') ?? '';
  const port = Number(url.searchParams.get('port'));
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65535)
    throw new Refusal(400, 'host and port are needed');
  if (!isAllowed(host, port)) throw new Refusal(403, 'outbound.json does not allow this');
  return json({ host, port, ...(await tryToConnect(host, port)) });
}

/** Where no token is set, there is nothing here. */
function demandToken({ headers }) {
  if (!config.probeToken) throw new Refusal(404, 'there is nothing here');
  if (!isSame(headers['x-probe-token'] ?? '', config.probeToken))
    throw new Refusal(401, 'the x-probe-token is missing or wrong');
}

const isAllowed = (host, port) =>
  allowed.some((it) => it.host === host && port >= it.ports[0] && port <= it.ports[1]);

/** `{open, ms, error}`; the error is a code such as ECONNREFUSED, or null. */
function tryToConnect(host, port) {
  const startedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers();
  const finish = (error) => {
    const ms = Math.round((performance.now() - startedAt) * 10) / 10;
    resolve({ open: error === null, ms, error });
    socket.destroy();
  };
  const socket = connect({ host, port, timeout: timeoutMs });
  socket.once('connect', () => finish(null));
  socket.once('timeout', () => finish('ETIMEDOUT'));
  socket.once('error', (error) => finish(error.code ?? error.message));
  return promise;
}
