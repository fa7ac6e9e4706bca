import type { Grant } from '../release/access.ts';
import type { Artifact } from '../release/artifact.ts';
import type { BudgetTally } from '../release/budget-tally.ts';
import type { Breach, Outcome, Phase, ReleaseDocument, Weights } from '../release/document.ts';
import type { ReleaseEvent } from '../release/events.ts';
import type { AdapterConfig, Json, JsonObject } from '../release/json.ts';

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
  /** Whose yes is refused: whoever asked for the release, where duties are separate. Null for nobody. */
  barred: string | null;
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

/** A machine's key to the API. What it is made of is known to its holder alone: the ledger has a hash. */
export interface ApiToken {
  /** Public; also a part of the token itself. */
  id: string;
  /** What it is for, and the name that events carry; unique among the tokens that are not revoked. */
  name: string;
  /** SHA-256 of the whole token, in hex. */
  hash: string;
  grants: Grant[];
  createdBy: string;
  /** ISO 8601, as the other times. */
  createdAt: string;
  /** Null for one that does not expire. */
  expiresAt: string | null;
  revokedAt: string | null;
  revokedBy: string | null;
}

/**
 * Proof that something has been dealt with which may come again: a webhook's delivery, a link that
 * counts once, a message that others belong under.
 */
export interface Receipt {
  /** `<what>:<id>`, at most 512 bytes. */
  key: string;
  /** ISO 8601, when it was first claimed. */
  at: string;
  /** ISO 8601; from then on it is as if it had never been. */
  expiresAt: string;
  /** What came of it; null until that is known. */
  answer: Json;
}

/** An alarm that another system watches and tells of. */
export interface ReportedAlarm {
  name: string;
  state: 'firing' | 'ok';
  /** ISO 8601, when it took this state, by the clock of whoever tells. */
  since: string;
  /** One sentence. */
  reason: string;
  /** Who told: `alertmanager`, `grafana`. */
  source: string;
  /** ISO 8601, when the conductor heard of it. */
  heardAt: string;
}

/** Alarms whose actions a release has suspended, or is about to, until it has given them back. */
export interface QuietedAlarms {
  releaseId: string;
  service: string;
  /** The service's lock's, under which it was done. */
  epoch: number;
  /** Where the alarms are: as in the release's plan. */
  signals: AdapterConfig | null;
  /** Only such as had actions in force before anybody quieted them. */
  alarms: string[];
  /** ISO 8601, from when on the call that wrote this can suspend nothing any more. */
  settlesAt: string;
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
   * Adds a person's decision; the same person's (`isSamePerson`) second one changes nothing.
   * @throws ApprovalClosedError when there is none open (any more), or it has expired at `decision.at`.
   * @throws SeparateDutiesError when who is barred approves.
   */
  recordDecision(releaseId: string, decision: Decision): Promise<Approval>;

  putFreeze(freeze: Freeze): Promise<void>;
  /** Stores it unless its scope is frozen already, and says whether it did. */
  addFreeze(freeze: Freeze): Promise<boolean>;
  /** True when there was one. With `by` only one that was set by that name goes. */
  deleteFreeze(scope: string, by?: string): Promise<boolean>;
  listFreezes(): Promise<Freeze[]>;

  getBudget(service: string): Promise<BudgetTally | null>;
  /**
   * Stores a tally whose revision is one more than the stored one's, 1 for the first. False when it is
   * not, which it also is for a repetition after a lost answer: look again and decide anew.
   */
  putBudget(tally: BudgetTally): Promise<boolean>;

  /**
   * Stores a token; the same id again changes nothing.
   * @throws ReleaseStateError when another one of that name is not revoked and has not expired at
   * `token.createdAt`.
   */
  putToken(token: ApiToken): Promise<void>;
  /** Revoked and expired ones too. */
  getToken(id: string): Promise<ApiToken | null>;
  /** All of them, newest first. */
  listTokens(): Promise<ApiToken[]>;
  /** Null when there is none. The first revocation stays. */
  revokeToken(id: string, by: string, at: string): Promise<ApiToken | null>;

  /**
   * Claims a key: new when nobody has, or when the earlier claim has expired at `at`. Of several at
   * once one is told that it is new.
   */
  claimReceipt(claim: Omit<Receipt, 'answer'>): Promise<{ receipt: Receipt; isNew: boolean }>;
  /** Writes down what came of a claim. The first answer stays; without a claim nothing happens. */
  answerReceipt(key: string, answer: Json): Promise<void>;
  /** Null when nobody has claimed it, or it has expired at `at`. */
  getReceipt(key: string, at: string): Promise<Receipt | null>;

  /**
   * Stores what is told of an alarm, unless something of a later `since` is known already: messages
   * overtake each other.
   */
  putReportedAlarm(alarm: ReportedAlarm): Promise<void>;
  /** Those of these names that were ever told of, in no order. At most 50 names. */
  getReportedAlarms(names: readonly string[]): Promise<ReportedAlarm[]>;

  /** Stores or replaces what a release has quieted, also of one that has ended. */
  putQuieted(quieted: QuietedAlarms): Promise<void>;
  /** Of all services, in no order. */
  listQuieted(): Promise<QuietedAlarms[]>;
  /** Forgets it, unless a later call (another `settlesAt`) has replaced it. */
  deleteQuieted(quieted: QuietedAlarms): Promise<void>;

  /** Frees what the ledger holds open. */
  close(): Promise<void>;
}
