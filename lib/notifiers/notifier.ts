import type { ReleaseEvent } from '../release/events.ts';

/** Tells people or programs what happened. */
export interface Notifier {
  /** Sends one event. Never throws and never takes more than a few seconds: failing is logged. */
  send(event: ReleaseEvent): Promise<void>;
}
