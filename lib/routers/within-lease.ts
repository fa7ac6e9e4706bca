import type { Clock, Timers } from '../release/clock.ts';
import { leaseExpired } from './route-plan.ts';
import type { Lease } from './router.ts';

/** Time, as routers take it. */
export interface Time {
  clock: Clock;
  timers: Timers;
}

/** @throws LeaseExpiredError after the lease's deadline. */
export function throwIfExpired({ deadlineMs }: Lease, clock: Clock): void {
  const now = clock.now();
  if (now > deadlineMs) throw leaseExpired(deadlineMs, now);
}

/** Gives a request up when the lease ends, and with it every repetition that the SDK would make. */
export async function withinLease<T>(
  { deadlineMs }: Lease,
  { clock, timers }: Time,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const cancel = timers.after(Math.max(0, deadlineMs - clock.now()), () => abort.abort());
  try {
    return await send(abort.signal);
  } finally {
    cancel();
  }
}
