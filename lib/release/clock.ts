/**
 * Where time and chance come from. Everything outside `lib/platform` takes these by injection, so a
 * test can run a thirty-minute watch window in a millisecond and repeat it exactly.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** Timers on the same time as the clock. Used by the embedded engine and the local adapters only. */
export interface Timers {
  /** Calls `callback` once after `delayMs` milliseconds. The returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Source of names that must be unique: release ids, tokens, event ids. */
export interface Ids {
  /** A new, unguessable id of 12 to 40 characters `[a-z0-9]`. */
  next(): string;
}

/** Milliseconds since the epoch as ISO 8601 in UTC, the form in which times are stored and shown. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The inverse of {@link isoTime}: milliseconds since the epoch. */
export function epochMs(iso: string): number {
  return new Date(iso).getTime();
}
