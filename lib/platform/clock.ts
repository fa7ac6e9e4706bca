import { randomBytes } from 'node:crypto';
import type { Clock, Ids, Timers } from '../release/clock.ts';

/** The machine's own time. */
export const systemClock: Clock & Timers = {
  now: () => Date.now(),
  after(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      // setTimeout counts at most 2^31 - 1 ms; a retention time may be longer.
      const step = Math.min(leftMs, 2_147_483_647);
      timer = setTimeout(() => (leftMs > step ? wait(leftMs - step) : callback()), step);
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};

/** Ids of 24 hex digits, 96 bits of chance. */
export const randomIds: Ids = { next: () => randomBytes(12).toString('hex') };
