/**
 * Server-sent events: one for every second. Its number is that of the second, so that every copy of the
 * shop counts alike, and a reader that comes back with Last-Event-ID gets what it missed from any of them.
 */
import { commonHeaders } from './answers.mjs';
import { config } from './config.mjs';

const retryMs = 1000;
/** So many missed events are told. */
const memory = 60;
const streams = new Set();

const nowSeconds = () => Math.floor(Date.now() / 1000);

const eventOf = (id) =>
  `id: ${id}\ndata: ${JSON.stringify({ version: config.version, visitors: 20 + (id % 7) })}\n\n`;

/** The number after which to begin. */
function startAfter(lastEventId, now) {
  const last = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : now - 1;
  return Math.max(Math.min(last, now), now - memory);
}

/** `GET /events` */
export async function streamEvents({ request, response }) {
  response.writeHead(200, {
    ...commonHeaders(),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
  });
  response.write(`retry: ${retryMs}\n\n`);
  let last = startAfter(request.headers['last-event-id'], nowSeconds());
  const tell = () => {
    for (const now = nowSeconds(); last < now; last += 1) response.write(eventOf(last + 1));
  };
  tell();
  const timer = setInterval(tell, 250);
  streams.add(response);
  response.on('close', () => {
    clearInterval(timer);
    streams.delete(response);
  });
}

/** Lets every reader go; it comes back to whoever is live then. */
export function closeStreams() {
  for (const stream of streams) stream.end();
}
