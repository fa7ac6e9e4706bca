import type { Timers } from '../release/clock.ts';

/** Something of a service or a release is not as it was. What, is to be read. */
export interface Change {
  /** Null for what concerns all services. */
  service: string | null;
  /** Null for what is not about one release, such as a freeze. */
  releaseId: string | null;
}

/** Tells of every change, where the platform can: where all of them are made by one process. */
export interface Changes {
  /** Calls back after each change, at once and without waiting. Returns what ends it. */
  subscribe(listener: (change: Change) => void): () => void;
  /** What whoever passes them on goes by. */
  timers: Timers;
}
