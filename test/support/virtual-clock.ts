import type { Clock, Ids, Timers } from '../../lib/release/clock.ts';

/** Time that passes only when somebody says so: a thirty-minute window takes a millisecond. */
export interface VirtualClock extends Clock, Timers {
  /** Lets everything that can happen now happen, without time passing. */
  settle(): Promise<void>;
  /** How many timers are set. */
  pending(): number;
  /** Passes this much time, timer by timer. */
  advance(ms: number): Promise<void>;
  /**
   * Passes time, timer by timer, until `isDone` says so.
   * @throws Error when nothing is left to wait for, or after ten virtual years.
   */
  runUntil(isDone: () => boolean | Promise<boolean>): Promise<void>;
}

interface Timer {
  at: number;
  order: number;
  callback: () => void;
}

const tenYearsMs = 10 * 365 * 86_400_000;

/** A virtual clock that begins at this ISO time. */
export function createVirtualClock(start = '2026-01-01T00:00:00.000Z'): VirtualClock {
  const begin = new Date(start).getTime();
  let now = begin;
  let order = 0;
  const timers = new Set<Timer>();

  const next = () => [...timers].sort((a, b) => a.at - b.at || a.order - b.order)[0];

  // One turn of the event loop runs every promise that is ready; some chains need a second one.
  const settle = async () => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  async function fire(timer: Timer): Promise<void> {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.callback();
    await settle();
  }

  return {
    now: () => now,
    after(delayMs, callback) {
      order += 1;
      const timer = { at: now + Math.max(0, delayMs), order, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    settle,
    pending: () => timers.size,
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = next(); timer && timer.at <= end; timer = next()) await fire(timer);
      now = end;
    },
    async runUntil(isDone) {
      await settle();
      while (!(await isDone())) {
        const timer = next();
        if (!timer) throw new Error('nothing is left to wait for');
        if (timer.at - begin > tenYearsMs) throw new Error('ten virtual years went by');
        await fire(timer);
      }
    },
  };
}

/** Ids that count up, so that a run can be repeated exactly. */
export function createCountingIds(): Ids {
  let count = 0;
  return {
    next() {
      count += 1;
      return `id${String(count).padStart(10, '0')}`;
    },
  };
}

/** A virtual clock of a process that can be stopped: time then passes without a timer being called. */
export function createSleepingClock(): VirtualClock & { sleep(ms: number): void } {
  const virtual = createVirtualClock();
  let slept = 0;
  return {
    ...virtual,
    now: () => virtual.now() + slept,
    sleep(ms) {
      slept += ms;
    },
  };
}
