import type { Timers } from '../../release/clock.ts';

/** What a probe needs of the check that makes it. */
export interface ProbeTime {
  timers: Timers;
  /** Of the check. */
  abort: AbortSignal;
}

/**
 * Gives `work` a signal that aborts with the check, or when so many seconds are over, and in any case
 * when `work` has ended.
 * @throws what `work` throws; Error with `late()` or with words for the check's end in its place, once
 * the signal has aborted.
 */
export async function within<Result>(
  { timers, abort }: ProbeTime,
  seconds: number,
  late: () => string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  let isLate = false;
  const cancel = timers.after(seconds * 1000, () => {
    isLate = true;
    over.abort();
  });
  try {
    return await work(AbortSignal.any([abort, over.signal]));
  } catch (error) {
    if (abort.aborted) throw new Error("the check's time was up", { cause: error });
    if (isLate) throw new Error(late(), { cause: error });
    throw error;
  } finally {
    cancel();
    over.abort();
  }
}
