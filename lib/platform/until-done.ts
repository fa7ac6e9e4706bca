import type { Timers } from '../release/clock.ts';
import { messageOf } from '../release/errors.ts';
import type { Logger } from '../release/logger.ts';

const firstPauseMs = 100;
const longestPauseMs = 10_000;
const tries = 20;

/**
 * Does work that nobody else would do again, such as telling a release of an alarm: tries with
 * growing pauses, for about two minutes. What still fails then is logged.
 */
export async function untilDone(
  work: () => Promise<void>,
  timers: Timers,
  log: Logger,
): Promise<void> {
  for (let tried = 1; tried <= tries; tried += 1) {
    try {
      return await work();
    } catch (error) {
      log.warn('not done yet', { tried, reason: messageOf(error) });
      await pause(Math.min(longestPauseMs, firstPauseMs * 2 ** (tried - 1)), timers);
    }
  }
  log.error('given up', { tries });
}

function pause(ms: number, timers: Timers): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  timers.after(ms, () => resolve());
  return promise;
}
