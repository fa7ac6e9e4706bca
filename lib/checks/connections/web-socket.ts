import { WebSocket } from 'ws';
import { messageOf } from '../../release/errors.ts';
import { formatDuration } from '../../release/quantities.ts';
import { unmetBody } from '../body-expectation.ts';
import type { WebSocketConfig } from '../connections.ts';
import { type ProbeTime, within } from './deadline.ts';

/** A longer message is none that is read: the connection is closed then. */
const longestMessage = 1024 * 1024;

/**
 * Connects as a client does, says what is to be said, awaits the message that is expected, and drops the
 * connection without a word, as a network does.
 * @param base `http://` or `https://` address of the environment.
 * @throws Error with the reason when it did not come to that.
 */
export async function visitWebSocket(
  base: string,
  config: WebSocketConfig,
  headers: Record<string, string>,
  time: ProbeTime,
): Promise<void> {
  const url = `${base.replace(/^http/, 'ws')}${config.path}`;
  const seen = { isOpen: false, reason: 'nothing was said' };
  const late = () => {
    const limit = formatDuration(config.within);
    if (!seen.isOpen) return `no connection within ${limit}`;
    return `no message as expected within ${limit}: ${seen.reason}`;
  };
  await within(time, config.within, late, async (signal) => {
    const socket = new WebSocket(url, config.protocols, { headers, maxPayload: longestMessage });
    try {
      await converse(socket, config, seen, signal);
    } finally {
      socket.terminate();
    }
  });
}

interface Seen {
  isOpen: boolean;
  /** Why the latest message was not the expected one. */
  reason: string;
}

function converse(
  socket: WebSocket,
  { send, expect }: WebSocketConfig,
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (reason: string) => reject(new Error(reason));
  /** Nobody else catches what a listener throws. */
  const guarded = (listen: () => void) => {
    try {
      listen();
    } catch (error) {
      fail(messageOf(error));
    }
  };
  signal.addEventListener('abort', () => fail('aborted'), { once: true });
  if (signal.aborted) fail('aborted');
  // Stays when all is over: a socket that is dropped while it connects has one more error to tell.
  socket.on('error', (error) => fail(messageOf(error) || 'the connection failed'));
  socket.once('unexpected-response', (_, answer) => {
    fail(`status ${answer.statusCode} instead of 101`);
  });
  socket.once('close', (code) => fail(`it was closed with ${code}: ${seen.reason}`));
  socket.once('open', () =>
    guarded(() => {
      seen.isOpen = true;
      if (send !== undefined) socket.send(send);
      if (!expect) resolve();
    }),
  );
  socket.on('message', (data: Buffer) =>
    guarded(() => {
      const reason = expect ? unmetBody(expect, data.toString('utf8')) : null;
      if (reason === null) resolve();
      else seen.reason = reason;
    }),
  );
  return promise;
}
