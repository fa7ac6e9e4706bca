import type { Artifact } from '../release/artifact.ts';
import type { Breach, Outcome, Phase, ReleaseDocument, Weights } from '../release/document.ts';
import type { ReleaseEvent } from '../release/events.ts';
import type { JsonObject } from '../release/json.ts';

/** A manifest as it was applied. */
export interface ManifestRecord {
  service: string;
  /** As written, already validated. */
  source: JsonObject;
  /** Counts up from 1 with every change. */
  revision: number;
  updatedAt: string;
  updatedBy: string;
}

/** The one release that may move a service's traffic. */
export interface Lock {
  service: string;
  releaseId: string;
  /** Counts up for ever, with every acquisition and every rollback. */
  epoch: number;
}

/** A traffic change that was about to be made, written down before it is made. */
export interface TrafficIntent {
  /** `{releaseId}#{epoch}#{what}`; the same id again replaces the deadline. */
  id: string;
  releaseId: string;
  service: string;
  epoch: number;
  weights: Weights;
  /** ISO 8601 after which it can no longer take effect. */
  deadline: string;
}

/** One attempt to make green live, from request to end. */
export interface ReleaseRecord {
  releaseId: string;
  service: string;
  artifact: Artifact;
  requestedBy: string;
  requestedAt: string;
  phase: Phase;
  outcome: Outcome | null;
  /** Why it ended as it did. */
  reason: string | null;
  endedAt: string | null;
  /** The document as the last step left it. */
  document: ReleaseDocument;
}

/** The end of a release. */
export interface Ending {
  outcome: Outcome;
  reason: string;
  /** ISO 8601. */
  at: string;
  document: ReleaseDocument;
  /** Appended in the same transaction, so that no outcome is without its event. */
  event: ReleaseEvent;
}

/** A release that wants to hear of alarms. */
export interface Watch {
  releaseId: string;
  service: string;
  alarms: string[];
  /** The task token that a breach fails, or null between two tokens. */
  token: string | null;
  /**
   * The place of its task among those of the release that wait, to be compared as text; empty before the
   * first. Null in what 0.1.0 stored, and for an execution that it began.
   */
  turn: string | null;
  /** ISO 8601 after which the record may be forgotten. */
  expiresAt: string;
}

/** One person's word. */
export interface Decision {
  by: string;
  decision: 'approve' | 'reject';
  reason: string | null;
  at: string;
}

/** A release that waits for people. */
export interface Approval {
  releaseId: string;
  requiredCount: number;
  token: string;
  /** As that of a {@link Watch}. */
  turn: string | null;
  requestedAt: string;
  expiresAt: string;
  /** `approved` when enough different people said so, `rejected` when one did. */
  state: 'open' | 'approved' | 'rejected' | 'closed';
  decisions: Decision[];
}

/** A scope in which no release may start. */
export interface Freeze {
  /** A service's name, or `*` for all. */
  scope: string;
  reason: string;
  by: string;
  at: string;
}

/**
 * The durable record. Every method is atomic and may be called again after an answer was lost.
 * Any of them may throw LedgerUnavailableError, which is worth a repetition. Times are ISO 8601.
 */
export interface Ledger {
  /** Stores a manifest; the same source again keeps its revision. */
  putManifest(service: string, source: JsonObject, by: string, at: string): Promise<ManifestRecord>;
  getManifest(service: string): Promise<ManifestRecord | null>;
  /** All of them, by service name. */
  listManifests(): Promise<ManifestRecord[]>;

  /**
   * Takes a service's lock with a new epoch. Its holder gets the lock it has, unchanged.
   * @throws ReleaseInProgressError with `details.releaseId` of the holder.
   * @throws ReleaseStateError when this release has a record and has ended: a call that was presumed
   * dead must not leave a lock behind.
   */
  acquireLock(service: string, releaseId: string): Promise<Lock>;
  /**
   * Makes every earlier epoch stale, taking the lock if it is free.
   * @throws ReleaseInProgressError when another release holds it.
   * @throws ReleaseStateError when this release has a record and has ended.
   */
  raiseEpoch(service: string, releaseId: string): Promise<Lock>;
  getLock(service: string): Promise<Lock | null>;
  /** Frees the lock if this release holds it. */
  releaseLock(service: string, releaseId: string): Promise<void>;

  /**
   * Writes down a traffic change before it is made.
   * @throws StaleEpochError when this release does not hold the lock under the intent's epoch (any
   * more), or has ended.
   */
  recordIntent(intent: TrafficIntent): Promise<void>;
  listIntents(releaseId: string): Promise<TrafficIntent[]>;

  /** Creates a release; the same id again returns the record that is there. */
  createRelease(record: ReleaseRecord): Promise<{ record: ReleaseRecord; isNew: boolean }>;
  getRelease(releaseId: string): Promise<ReleaseRecord | null>;
  /** Newest first, at most `limit`, all services when none is named. */
  listReleases(query: { service?: string; limit: number }): Promise<ReleaseRecord[]>;
  /**
   * Stores the document and phase of a release. Has no effect once it has ended, and for a document
   * of an older epoch than the stored one, or of an earlier phase (`phaseSince`) of the same epoch: a
   * late call must not undo what a later one wrote.
   */
  saveDocument(document: ReleaseDocument): Promise<void>;
  /**
   * Writes the outcome once: when the record's outcome is not among `from` any more, or the ending's
   * document is of an older epoch than the record's (whoever wrote that has the release by now),
   * nothing changes and the record that is there comes back with `isNew: false`. In the same transaction the watch
   * is removed, an open approval is closed, and the lock is freed unless the outcome is `held` or
   * `rollback-failed`.
   * @throws BreachError when the outcome is `completed` and a breach is recorded; nothing changes.
   * @throws StaleEpochError when the outcome is `completed` and the service's epoch is no longer the
   * document's: a rollback has begun; nothing changes.
   * @throws ReleaseUnknownError
   */
  endRelease(
    releaseId: string,
    ending: Ending,
    from: readonly (Outcome | null)[],
  ): Promise<{ record: ReleaseRecord; isNew: boolean }>;
  /**
   * Opens an ended release again, with its outcome null and its breach forgotten, for a rollback or
   * a resume. Takes the service's lock with a new epoch and puts that into the document.
   * @throws ReleaseUnknownError
   * @throws ReleaseStateError when the outcome is not among `from`, also when an earlier call whose
   * answer was lost has opened it.
   * @throws ReleaseInProgressError when another release holds the lock.
   */
  reopenRelease(releaseId: string, from: readonly Outcome[], phase: Phase): Promise<ReleaseRecord>;

  /** Adds an event; the same id again changes nothing and says `isNew: false`. */
  appendEvent(event: ReleaseEvent): Promise<{ isNew: boolean }>;
  /** Of one release, in the order in which they were added. */
  listEvents(releaseId: string): Promise<ReleaseEvent[]>;
  /** Of one service, with and without a release, newest first, at most `limit`. */
  listServiceEvents(service: string, limit: number): Promise<ReleaseEvent[]>;

  /**
   * Stores or replaces a release's watch. Has no effect once the release has ended, and for a watch of an
   * earlier turn than the stored one: a late call must not hide the token that waits.
   */
  putWatch(watch: Watch): Promise<void>;
  getWatch(releaseId: string): Promise<Watch | null>;
  /** Every release that watches this alarm. */
  watchesOf(alarm: string): Promise<Watch[]>;
  /**
   * Stores a breach; the first one stays and comes back.
   * @throws ReleaseStateError when the release has ended: nobody would look at it.
   */
  recordBreach(releaseId: string, breach: Breach): Promise<Breach>;
  getBreach(releaseId: string): Promise<Breach | null>;

  /** Opens an approval, or gives an open one its new token and keeps the decisions it has. */
  openApproval(approval: Omit<Approval, 'state' | 'decisions'>): Promise<Approval>;
  getApproval(releaseId: string): Promise<Approval | null>;
  /**
   * Adds a person's decision; the same person's second one changes nothing.
   * @throws ApprovalClosedError when there is none open (any more), or it has expired at `decision.at`.
   */
  recordDecision(releaseId: string, decision: Decision): Promise<Approval>;

  putFreeze(freeze: Freeze): Promise<void>;
  /** True when there was one. */
  deleteFreeze(scope: string): Promise<boolean>;
  listFreezes(): Promise<Freeze[]>;

  /** Frees what the ledger holds open. */
  close(): Promise<void>;
}
