import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { createParser } from 'eventsource-parser';
import { messageOf } from '../../release/errors.ts';
import { formatDuration } from '../../release/quantities.ts';
import { type ProbeTime, within } from './deadline.ts';

/** An event longer than this is given up, in characters. */
const longestEvent = 1024 * 1024;

/** What to read of a stream. */
export interface Reading {
  url: string;
  headers: Record<string, string>;
  /** The client has had everything up to here; null for one that comes for the first time. */
  lastEventId: string | null;
  /** How many events. */
  count: number;
  withinSeconds: number;
}

/** What was read. */
export interface EventsRead {
  /** One for each event in order; null for one that has none. */
  ids: (string | null)[];
  /** After how many milliseconds clients are to come back; null when nobody said. */
  retryMs: number | null;
}

/**
 * Reads so many events and breaks off.
 * @throws Error with the reason when they did not come.
 */
export async function readEvents(reading: Reading, time: ProbeTime): Promise<EventsRead> {
  const { count, withinSeconds } = reading;
  const read: EventsRead = { ids: [], retryMs: null };
  const late = () =>
    `${read.ids.length} of ${count} events within ${formatDuration(withinSeconds)}`;
  await within(time, withinSeconds, late, async (signal) => {
    const answer = await connect(reading, signal);
    // Whoever reads it hears of it, too; without anybody who listens it would end the process.
    answer.on('error', () => {});
    try {
      refuseOther(answer);
      await readInto(read, answer, count);
    } finally {
      answer.destroy();
    }
  });
  return read;
}

/** Over a connection of its own, which goes with the stream: `fetch` opens another one when it breaks off. */
function connect({ url, headers, lastEventId }: Reading, signal: AbortSignal) {
  const get = url.startsWith('https:') ? getHttps : getHttp;
  const from = lastEventId === null ? {} : { 'last-event-id': lastEventId };
  const all = { accept: 'text/event-stream', ...headers, ...from };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = get(url, { headers: all, agent: false, signal }, resolve);
  request.on('error', (error) => {
    reject(new Error(`no answer: ${messageOf(error)}`, { cause: error }));
  });
  return promise;
}

function refuseOther({ statusCode, headers }: IncomingMessage): void {
  if (statusCode !== 200) throw new Error(`status ${statusCode} instead of 200`);
  const type = headers['content-type'] ?? 'missing';
  if (!type.startsWith('text/event-stream'))
    throw new Error(`its content-type is ${type} instead of text/event-stream`);
}

async function readInto(read: EventsRead, answer: IncomingMessage, count: number): Promise<void> {
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ id }) => {
      if (read.ids.length < count) read.ids.push(id || null);
    },
    onRetry: (ms) => {
      read.retryMs ??= ms;
    },
  });
  const soFar = () => `${read.ids.length} of ${count} events`;
  try {
    for await (const text of answer.setEncoding('utf8')) {
      parser.feed(text);
      if (read.ids.length >= count) return;
    }
  } catch (error) {
    throw new Error(`it broke off after ${soFar()}: ${messageOf(error)}`, { cause: error });
  }
  throw new Error(`the stream ended after ${soFar()}`);
}
