/** What has to be ended or removed, whenever the end comes. */
export interface Closing {
  /** The last one that was added is the first to go. */
  add(closer: () => unknown): void;
  /** Does it once; whoever calls again waits for the same end. */
  close(): Promise<void>;
}

/** Nothing to close yet. What is added after the end is closed at once. */
export function createClosing(): Closing {
  const closers: (() => unknown)[] = [];
  let closed: Promise<void> | undefined;
  const closeAll = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  return {
    add(closer) {
      closers.push(closer);
      if (closed) closed = closed.then(closeAll);
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
