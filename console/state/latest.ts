/** Hands out tickets, so that an answer that comes late cannot replace a newer one. */
export interface Latest {
  /** To be taken before asking. */
  take(): number;
  /** Whether the answer to this ticket is newer than all that were shown; if so it counts as shown. */
  show(ticket: number): boolean;
}

/** @example const ticket = latest.take(); const answer = await ask(); if (latest.show(ticket)) set(answer); */
export function createLatest(): Latest {
  let taken = 0;
  let shown = 0;
  return {
    take: () => {
      taken += 1;
      return taken;
    },
    show: (ticket) => {
      if (ticket <= shown) return false;
      shown = ticket;
      return true;
    },
  };
}

/** Lets one call run at a time: calls made meanwhile are dropped, and get `undefined`. */
export function onceAtATime<Args extends unknown[], T>(
  run: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T | undefined> {
  let isRunning = false;
  return async (...args) => {
    if (isRunning) return undefined;
    isRunning = true;
    try {
      return await run(...args);
    } finally {
      isRunning = false;
    }
  };
}
