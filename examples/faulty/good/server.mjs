/** The shop: starts it, answers requests, and leaves politely. PORT and HOST say where it listens. */
import { createServer } from 'node:http';
import { refused, writeAnswer } from './answers.mjs';
import { config } from './config.mjs';
import { closeDatabase } from './database.mjs';
import { closeStreams } from './events.mjs';
import { closeSockets, upgrade } from './live.mjs';
import { logError, logInfo, logRequest } from './logging.mjs';
import { measure } from './metrics.mjs';
import { findRoute } from './routes.mjs';
import { traceOf } from './tracing.mjs';

async function answer(request, response) {
  const startedAt = performance.now();
  const { method } = request;
  const url = new URL(request.url, 'http://storefront');
  const { route, handle, params } = findRoute(method, url.pathname);
  const { traceId, traceparent } = traceOf(request);
  response.setHeader('traceparent', traceparent);
  response.on('close', () => {
    const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
    const { statusCode: status } = response;
    measure({ method, route, status, durationMs });
    logRequest({ method, path: url.pathname, status, durationMs, traceId });
  });
  try {
    writeAnswer(response, await handle({ request, response, url, params }));
  } catch (error) {
    if (!error.status) logError('a request failed', error, { path: url.pathname, traceId });
    writeAnswer(response, refused(error));
  }
}

const server = createServer((request, response) => void answer(request, response));
server.on('upgrade', upgrade);
server.listen(config.port, config.host, () => {
  logInfo(`listens on http://${config.host}:${server.address().port}`);
});

/** Takes nothing new, finishes what is under way, and lets everybody go. */
function leave() {
  logInfo('leaves');
  server.close(() => closeDatabase());
  closeStreams();
  closeSockets();
  setInterval(() => server.closeIdleConnections(), 50).unref();
}
process.once('SIGTERM', leave);
process.once('SIGINT', leave);
