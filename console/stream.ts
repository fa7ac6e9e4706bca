/** What to read again. Null: it may be anything. */
export interface Change {
  service: string | null;
  releaseId: string | null;
}

/** What an open stream tells. */
export interface StreamHandlers {
  onOpen(): void;
  /** Without a change it is a sign of life. */
  onMessage(change?: Change): void;
  onError(): void;
}

/** Opens a stream of changes; the returned function closes it. */
export type OpenStream = (handlers: StreamHandlers) => () => void;

/** Calls back after so many milliseconds; the returned function calls it off. */
export type After = (ms: number, callback: () => void) => () => void;

/** A stream that says nothing for so many milliseconds is dead, whatever the socket thinks. */
export const silenceMs = 40_000;

/** How long to wait after so many failures in a row, in milliseconds: 1 s, doubled up to half a minute. */
export function retryDelay(failures: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.max(0, failures - 1));
}

/** Keeps one stream open as well as it can. */
export interface StreamKeeper {
  open(): void;
  close(): void;
}

/**
 * Opens the stream again when it breaks or falls silent, at first after a second.
 * @param on.onUp Called when it is open, so that what was missed can be read.
 * @param on.onDown Called when it broke; nothing is told until it is up again.
 */
export function createStreamKeeper(
  openStream: OpenStream,
  after: After,
  on: { onUp(): void; onDown(): void; onChange(change: Change): void },
): StreamKeeper {
  let failures = 0;
  let callOff = () => {};
  let closeNow = () => {};
  const expectLife = () => {
    callOff();
    callOff = after(silenceMs, lose);
  };
  const close = () => {
    callOff();
    closeNow();
    closeNow = () => {};
  };
  const lose = () => {
    close();
    failures += 1;
    callOff = after(retryDelay(failures), open);
    on.onDown();
  };
  const open = () => {
    close();
    expectLife();
    closeNow = openStream({
      onOpen: () => {
        failures = 0;
        expectLife();
        on.onUp();
      },
      onMessage: (change) => {
        expectLife();
        if (change) on.onChange(change);
      },
      onError: lose,
    });
  };
  return { open, close };
}
