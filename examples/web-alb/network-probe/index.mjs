/**
 * Tries connections from where this function runs, for the check `network`. Gets
 * `{targets: [{host, port, tls}], timeoutMs}` and answers `{results: [{open, error, ms}]}` in the same order.
 */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const mostTargets = 50;
const longestMs = 10_000;

export async function handler({ targets, timeoutMs = 3000 }) {
  const tried = targets
    .slice(0, mostTargets)
    .map((it) => tryOne(it, Math.min(timeoutMs, longestMs)));
  return { results: await Promise.all(tried) };
}

/** With `tls`, open is what has a certificate that this machine trusts and that is for this host. */
function tryOne({ host, port, tls = false }, timeout) {
  const startedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers();
  const finish = (error) => {
    const ms = Math.round((performance.now() - startedAt) * 10) / 10;
    resolve({ open: error === null, error, ms });
    clearTimeout(timer);
    socket.destroy();
  };
  const socket = tls ? connectTls({ host, port, servername: host }) : connect({ host, port });
  const timer = setTimeout(() => finish('ETIMEDOUT'), timeout);
  socket.once(tls ? 'secureConnect' : 'connect', () => finish(null));
  socket.once('error', (error) => finish(error.code ?? error.message));
  return promise;
}
