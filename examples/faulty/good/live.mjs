/** A WebSocket on `/live` that says which version it is, and says back what it is told. */
import { STATUS_CODES } from 'node:http';
import { WebSocketServer } from 'ws';
import { commonHeaders } from './answers.mjs';
import { config } from './config.mjs';

const goingAway = 1001;
const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });

sockets.on('headers', (headers) => {
  headers.push(...Object.entries(commonHeaders()).map(([name, value]) => `${name}: ${value}`));
});

sockets.on('connection', (socket) => {
  const { version } = config;
  const send = (message) => socket.send(JSON.stringify(message));
  socket.on('error', () => socket.terminate());
  socket.on('message', (data) => send({ type: 'echo', version, text: data.toString() }));
  send({ type: 'welcome', version });
});

/** Takes an upgrade of a connection, or refuses it. */
export function upgrade(request, socket, head) {
  const { pathname } = new URL(request.url, 'http://storefront');
  if (pathname === '/live') {
    sockets.handleUpgrade(request, socket, head, (it) => sockets.emit('connection', it, request));
    return;
  }
  socket.end(`HTTP/1.1 404 ${STATUS_CODES[404]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

/** `GET /live` without an upgrade. */
export async function explainLive() {
  return {
    status: 426,
    headers: { upgrade: 'websocket', 'content-type': 'text/plain', 'cache-control': 'no-store' },
    body: 'this is a WebSocket\n',
  };
}

/** Says goodbye to everybody who is connected. */
export function closeSockets() {
  for (const socket of sockets.clients) socket.close(goingAway, 'this version leaves');
}
