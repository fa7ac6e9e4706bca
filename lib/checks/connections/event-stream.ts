import { createParser } from 'eventsource-parser';
import { formatDuration } from '../../release/quantities.ts';
import { causeOf } from '../requests.ts';
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
    const body = await open(reading, signal);
    await readInto(read, body, count).catch((error) => {
      throw error instanceof TypeError ? new Error(`it broke off: ${causeOf(error)}`) : error;
    });
  });
  return read;
}

async function open({ url, headers, lastEventId }: Reading, signal: AbortSignal) {
  const from = lastEventId === null ? {} : { 'last-event-id': lastEventId };
  const all = { accept: 'text/event-stream', ...headers, ...from };
  const response = await fetch(url, { headers: all, redirect: 'manual', signal }).catch((error) => {
    throw new Error(`no answer: ${causeOf(error)}`, { cause: error });
  });
  if (response.status !== 200) throw new Error(`status ${response.status} instead of 200`);
  const type = response.headers.get('content-type') ?? 'missing';
  if (!type.startsWith('text/event-stream'))
    throw new Error(`its content-type is ${type} instead of text/event-stream`);
  return response.body;
}

async function readInto(
  read: EventsRead,
  body: ReadableStream<Uint8Array> | null,
  count: number,
): Promise<void> {
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ id }) => {
      if (read.ids.length < count) read.ids.push(id || null);
    },
    onRetry: (ms) => {
      read.retryMs ??= ms;
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    // Leaving the loop cancels the rest.
    if (read.ids.length >= count) return;
  }
  throw new Error(`the stream ended after ${read.ids.length} of ${count} events`);
}
