import type { Clock, Timers } from '../../release/clock.ts';
import { isGroupAlive, signalGroup } from './os-process.ts';

const lookEveryMs = 50;
/** The kernel needs a moment to take a killed process away. */
const killTakesMs = 2000;

/**
 * Ends a process group: SIGTERM, so that it can finish the requests in flight, and SIGKILL to whatever
 * is left after `stopWithinSeconds`. Resolves when it is gone, and never throws.
 */
export async function stopGroup(
  pid: number,
  stopWithinSeconds: number,
  deps: { clock: Clock; timers: Timers },
): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  if (await isGoneWithin(pid, stopWithinSeconds * 1000, deps)) return;
  signalGroup(pid, 'SIGKILL');
  await isGoneWithin(pid, killTakesMs, deps);
}

async function isGoneWithin(
  pid: number,
  limitMs: number,
  { clock, timers }: { clock: Clock; timers: Timers },
): Promise<boolean> {
  const deadline = clock.now() + limitMs;
  while (isGroupAlive(pid)) {
    if (clock.now() >= deadline) return false;
    await pause(timers, lookEveryMs);
  }
  return true;
}

/** Resolves after that many milliseconds. */
export function pause(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(delayMs, resolve);
  });
}
