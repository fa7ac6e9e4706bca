/**
 * Storefront v4: is slow.
 * Nothing fails, but every answer takes five times as long: only a comparison with blue notices.
 * Node.js alone runs it: PORT and HOST say where it listens.
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const version = process.env.VERDIGRIS_VERSION ?? 'v4';
const colour = '#8a5a00';
const products = [
  { id: 'mug', name: 'Enamel mug', price: 12 },
  { id: 'tote', name: 'Canvas tote', price: 18 },
  { id: 'print', name: 'Riso print', price: 25 },
  { id: 'lamp', name: 'Desk lamp', price: 49 },
];

/** What a shop does for an answer: asks a database, renders, waits. */
const work = () => sleep(200);

const send = (response, status, type, body) => {
  response.writeHead(status, { 'content-type': type, 'x-storefront-version': version });
  response.end(body);
};
const sendJson = (response, status, value) =>
  send(response, status, 'application/json', JSON.stringify(value));

const page = () => `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Storefront ${version}</title>
<style>
  body { margin: 0; font: 18px/1.5 system-ui, sans-serif; background: ${colour}; color: #fff }
  main { max-width: 40rem; margin: 0 auto; padding: 3rem 1rem }
  li { display: flex; justify-content: space-between; border-bottom: 1px solid #fff6 }
</style>
<main>
  <h1>Storefront ${version}</h1>
  <ul>${products.map(({ name, price }) => `<li>${name}<span>€ ${price}</span></li>`).join('')}</ul>
  <p>Live from <b id="live">${version}</b></p>
</main>
<script>
  const events = new EventSource('/events');
  events.onmessage = ({ data }) => {
    const { version, colour } = JSON.parse(data);
    document.body.style.background = colour;
    document.querySelector('#live').textContent = version;
  };
</script>
</html>`;

/** Server-sent events: one a second, until the reader leaves or this version does. */
const streams = new Set();
const streamEvents = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tell = () => response.write(`data: ${JSON.stringify({ version, colour })}\n\n`);
  tell();
  const timer = setInterval(tell, 1000);
  streams.add(response);
  response.on('close', () => {
    clearInterval(timer);
    streams.delete(response);
  });
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://storefront');
  if (pathname === '/healthz') return sendJson(response, 200, { status: 'ok', version });
  if (pathname === '/events') return streamEvents(response);
  await work();
  if (pathname === '/') return send(response, 200, 'text/html; charset=utf-8', page());
  if (pathname === '/products') return sendJson(response, 200, { version, products });
  if (pathname === '/cart') return sendJson(response, 200, { version, items: [], total: 0 });
  return sendJson(response, 404, { error: `there is no ${pathname}` });
});
server.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1', () => {
  console.log(`storefront ${version} listens on port ${server.address().port}`);
});

// Take no new connections, finish what is in flight, let idle ones go; then nothing keeps the process.
process.on('SIGTERM', () => {
  server.close();
  for (const stream of streams) stream.end();
  setInterval(() => server.closeIdleConnections(), 50).unref();
});
