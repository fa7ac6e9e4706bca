/** A request or an upgraded socket that is being passed on. */
export interface InFlight {
  /** An upgraded socket; a request otherwise. */
  readonly isSocket: boolean;
  /** When it came, as `performance.now()` gives it. */
  readonly startedAt: number;
  /** Ends it because its side's drain time is over. */
  close(): void;
  /** Its place among those in flight; -1 when it is not among them. Only the list writes it. */
  slot: number;
}

/** What is in flight on one side. An item is in one list at most. */
export interface InFlightList {
  readonly size: number;
  add(item: InFlight): void;
  /** Without effect when it is not in the list. */
  remove(item: InFlight): void;
  /** A copy, so that closing may remove. */
  all(): InFlight[];
}

/**
 * An array whose items know their places. Not a Set, on purpose: V8's hash tables are replaced every
 * few additions and each points to its successor (that is how iterators survive), so that once one of
 * them is old, every later one with the requests in it counts as alive until the next full
 * collection. At 1,000 requests/s that made each minor collection 10 ms long instead of 1 ms, which
 * was the proxy's p99.
 */
export function createInFlightList(): InFlightList {
  const items: InFlight[] = [];
  return {
    get size() {
      return items.length;
    },
    add(item) {
      item.slot = items.push(item) - 1;
    },
    remove(item) {
      if (items[item.slot] !== item) return;
      const last = items.pop();
      if (last && last !== item) {
        items[item.slot] = last;
        last.slot = item.slot;
      }
      item.slot = -1;
    },
    all: () => [...items],
  };
}
