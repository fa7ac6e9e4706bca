import { messageOf } from '../../release/errors.ts';
import type { ConnectionsConfig, EventStreamConfig, WebSocketConfig } from '../connections.ts';
import { pause } from '../requests.ts';
import { headersWithSecrets, type ReadSecret } from '../written-requests.ts';
import type { ProbeTime } from './deadline.ts';
import { type EventsRead, readEvents } from './event-stream.ts';
import { visitWebSocket } from './web-socket.ts';

/** What became of one way to connect. Reasons are null when all went well. */
export interface Probed {
  what: string;
  green: string | null;
  /** Absent where there is no blue to ask. */
  blue?: string | null;
  /** Of a stream that was begun on blue and read on green. Absent where there was none. */
  carried?: string | null;
}

/** Base URLs of the two sides; blue's is null where there is none. */
export interface Sides {
  green: string;
  blue: string | null;
}

/** A failure is told when it comes twice. */
const attempts = 2;
const pauseSeconds = 0.2;

/** Tries every way to connect, all at once. */
export async function probeAll(
  config: ConnectionsConfig,
  sides: Sides,
  read: ReadSecret,
  time: ProbeTime,
): Promise<Probed[]> {
  const sockets = config.webSockets.map(async (one) => {
    const headers = await headersWithSecrets(one.headers, read);
    return probeWebSocket(one, headers, sides, time);
  });
  const streams = config.eventStreams.map(async (one) => {
    const headers = await headersWithSecrets(one.headers, read);
    return probeEventStream(one, headers, sides, time);
  });
  return Promise.all([...sockets, ...streams]);
}

async function probeWebSocket(
  config: WebSocketConfig,
  headers: Record<string, string>,
  { green, blue }: Sides,
  time: ProbeTime,
): Promise<Probed> {
  const visitTwice = async (base: string) => {
    await twice(time, () => visitWebSocket(base, config, headers, time));
    await twice(time, () => visitWebSocket(base, config, headers, time)).catch((error) => {
      throw new Error(`it can't be connected to again: ${messageOf(error)}`, { cause: error });
    });
  };
  const [onGreen, onBlue] = await Promise.all([
    reasonOf(() => visitTwice(green)),
    blue === null ? undefined : reasonOf(() => visitTwice(blue)),
  ]);
  const what = `WebSocket ${config.path}`;
  return { what, green: onGreen, ...(onBlue === undefined ? {} : { blue: onBlue }) };
}

async function probeEventStream(
  config: EventStreamConfig,
  headers: Record<string, string>,
  { green, blue }: Sides,
  time: ProbeTime,
): Promise<Probed> {
  const { within: withinSeconds, resume } = config;
  const reader = (base: string) => (lastEventId: string | null, count: number) => {
    const url = `${base}${config.path}`;
    return twice(time, () => readEvents({ url, headers, lastEventId, count, withinSeconds }, time));
  };
  const known: { ofBlue?: Resumable } = {};
  const [onGreen, onBlue] = await Promise.all([
    reasonOf(() => readAndReturn(reader(green), resume)),
    blue === null
      ? undefined
      : reasonOf(async () => {
          const begun = await readAndReturn(reader(blue), resume);
          if (begun) known.ofBlue = begun;
        }),
  ]);
  const { ofBlue } = known;
  const isCarried = ofBlue !== undefined && onGreen === null;
  const carried = isCarried ? await reasonOf(() => readOn(reader(green), ofBlue)) : undefined;
  return {
    what: `events ${config.path}`,
    green: onGreen,
    ...(onBlue === undefined ? {} : { blue: onBlue }),
    ...(carried === undefined ? {} : { carried }),
  };
}

type ReadStream = (lastEventId: string | null, count: number) => Promise<EventsRead>;

/** An id, and that of the event which came next. */
interface Resumable {
  first: string;
  second: string;
}

/**
 * Reads, breaks off and comes back; gives two ids to come back with elsewhere where the stream has to have
 * them, else null.
 * @throws Error with the reason when a client could not do that.
 */
async function readAndReturn(read: ReadStream, resume: boolean): Promise<Resumable | null> {
  const begun = await read(null, resume ? 2 : 1);
  if (!resume) {
    await read(null, 1);
    return null;
  }
  const [first, second] = begun.ids;
  if (!first || !second)
    throw new Error('its events have no id, so a client that comes back misses some');
  if (begun.retryMs === null)
    throw new Error('it sends no retry, so clients come back when their browser likes');
  await readOn(read, { first, second });
  return { first, second };
}

/** @throws Error with the reason when it does not go on where the client was. */
async function readOn(read: ReadStream, { first, second }: Resumable): Promise<void> {
  const [next] = (await read(first, 1)).ids;
  if (next === second) return;
  const instead = next ? `with ${clipped(next)}` : 'without an id';
  throw new Error(
    `after Last-Event-ID ${clipped(first)} it went on ${instead} instead of ${clipped(second)}`,
  );
}

function clipped(id: string): string {
  return id.length > 40 ? `${id.slice(0, 40)}…` : id;
}

async function twice<Result>(time: ProbeTime, work: () => Promise<Result>): Promise<Result> {
  for (let left = attempts - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || time.abort.aborted) throw error;
      await pause(time.timers, pauseSeconds, time.abort);
    }
  }
}

async function reasonOf(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
