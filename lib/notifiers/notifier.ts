import type { EnvironmentRef } from '../release/document.ts';
import type { ReleaseEvent } from '../release/events.ts';
import type { Json } from '../release/json.ts';

/** What is known of the release that an event belongs to. */
export interface ReleaseFacts {
  releaseId: string;
  service: string;
  owner: string | null;
  artifact: { uri: string; version: string; digest: string | null };
  requestedBy: string;
  /** What was live when it began, and the candidate; null where there is none (yet). */
  blue: Pick<EnvironmentRef, 'id' | 'version'> | null;
  green: Pick<EnvironmentRef, 'id' | 'version'> | null;
}

/** Tells people or programs what happened. */
export interface Notifier {
  /** Sends one event. Never throws and never takes more than a few seconds: failing is logged. */
  send(event: ReleaseEvent, release: ReleaseFacts): Promise<void>;
}

/**
 * What a notifier remembers from one event to the next, such as the message that others belong under.
 * Lost after a month. Two at once may both find nothing: what is remembered first stays.
 * @throws LedgerUnavailableError
 */
export interface NotifierMemory {
  recall(key: string): Promise<Json>;
  remember(key: string, value: Json): Promise<void>;
}

/** Makes links with which one person can decide once. */
export interface ApprovalLinks {
  /** An absolute URL, or null where the conductor does not know its own address. */
  create(link: {
    releaseId: string;
    decision: 'approve' | 'reject';
    /** The name that the decision is recorded under. */
    approver: string;
    /** ISO 8601. */
    expiresAt: string;
  }): Promise<string | null>;
}
