/** How much one client may ask for, by the address that a proxy says it has. */
import { Refusal } from './answers.mjs';

const mostPerSecond = 10;
const windows = new Map();

/** Refuses what is too much. */
export function countRequest({ headers, socket }) {
  const client = headers['x-forwarded-for'] ?? socket.remotePort;
  const second = Math.floor(Date.now() / 1000);
  const known = windows.get(client);
  const count = known?.second === second ? known.count + 1 : 1;
  windows.set(client, { second, count });
  if (count > mostPerSecond) throw new Refusal(429, 'not so fast', { 'retry-after': '1' });
}
