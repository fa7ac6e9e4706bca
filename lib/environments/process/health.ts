import { get } from 'node:http';
import type { Timers } from '../../release/clock.ts';
import { messageOf } from '../../release/errors.ts';

/** How long one look at a health path may take, in milliseconds. */
const probeTimeoutMs = 2000;

/**
 * Asks a health path once, over a connection of its own. Null when it answered 2xx, else the reason
 * why not. Never throws.
 */
export function probeHealth(address: string, path: string, timers: Timers): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const request = get(`${address}${path}`, { agent: false }, (response) => {
    const status = response.statusCode ?? 0;
    resolve(status >= 200 && status < 300 ? null : `answered ${status}`);
    response.destroy();
  });
  request.on('error', (error) => resolve(reasonOf(error)));
  const cancel = timers.after(probeTimeoutMs, () => {
    request.destroy(new Error(`gave no answer within ${probeTimeoutMs / 1000} s`));
  });
  return promise.finally(cancel);
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'nothing listens yet';
  return messageOf(error);
}
