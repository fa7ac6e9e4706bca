import type {
  ApiToken,
  Approval,
  Decision,
  Freeze,
  ManifestRecord,
  ReleaseRecord,
} from '../ledger/ledger.ts';
import type { Grant } from '../release/access.ts';
import type { Artifact } from '../release/artifact.ts';
import type { Change } from '../release/changes.ts';
import type { CheckRequest, CheckRun, ListedCheck } from '../release/check-run.ts';
import type { Diagnosis, RepairReport } from '../release/diagnosis.ts';
import type { Breach, CheckResult } from '../release/document.ts';
import type { BudgetStatus } from '../release/error-budget.ts';
import type { IncidentNote } from '../release/incident.ts';
import type { Issue } from '../release/issues.ts';
import type { JsonObject } from '../release/json.ts';
import type { ReleaseMetrics } from '../release/release-metrics.ts';
import type { AlertSource, ToldAlert } from '../release/reported-alerts.ts';
import type { ReleaseStatus } from '../release/status.ts';
import type { WebhookEntry } from '../release/webhook.ts';

/** What a service is doing, for `GET /api/services`. */
export interface ServiceStatus {
  service: string;
  owner: string | null;
  /** Whole percent per environment id, or null when the router cannot be read. */
  traffic: Record<string, number> | null;
  /** The version that gets all traffic, or null. */
  liveVersion: string | null;
  /** The release that holds the lock, or null. */
  releaseId: string | null;
  /** Why no release may start, or null. */
  frozen: string | null;
  /** By the last look; null where the manifest promises nothing. */
  errorBudget: BudgetStatus | null;
}

/** What somebody has to know who decides on a release. Times are ISO 8601. */
export interface Review {
  releaseId: string;
  service: string;
  /** Who asked for the release, and when. */
  requestedBy: string;
  requestedAt: string;
  /** `not-asked` before people are, and of a release that needs nobody. */
  state: 'not-asked' | 'expired' | Approval['state'];
  /** 0 when nobody has to approve. */
  requiredCount: number;
  separateDuties: boolean;
  /** Null before people are asked. */
  expiresAt: string | null;
  decisions: Decision[];
  /** Whether whoever looks can approve it now, and if not, why, in one sentence. */
  canDecide: boolean;
  whyNot: string | null;
  /** Whether they can reject it: also who may not approve it, where duties are separate. */
  canReject: boolean;
  /** The release before it that completed last: what it is compared with. */
  comparedWith: string | null;
  artifact: { before: Artifact | null; after: Artifact };
  /** What the manifest says otherwise than then; paths as in a manifest, durations in words. */
  changes: Change[];
  checks: CheckResult[];
  /** As it stands now; null where the plan promises nothing. */
  errorBudget: BudgetStatus | null;
  /** Why it has to be undone, also when that came while people were asked. */
  breach: Breach | null;
}

/**
 * What people and programs can ask of the conductor. The HTTP application is written against this;
 * `lib/steps` implements it. `by` is who asks.
 */
export interface Operations {
  /** @throws ManifestInvalidError, or RequestInvalidError when `service` is not the manifest's. */
  applyManifest(service: string, source: JsonObject, by: string): Promise<ManifestRecord>;
  /** The manifest as it was applied. @throws ServiceUnknownError */
  getManifest(service: string): Promise<ManifestRecord>;
  /** Everything that speaks against applying this manifest; it changes nothing. */
  validateManifest(service: string, source: JsonObject): Promise<Issue[]>;
  listServices(): Promise<ServiceStatus[]>;
  /** The checks of a service's manifest, in its order. @throws ServiceUnknownError */
  listChecks(service: string): Promise<ListedCheck[]>;
  /**
   * Runs one of them now: on the release that runs, or else on what is live and what was live before it;
   * as a preflight on what can be told before anything is provisioned. On no release's record.
   * @throws ServiceUnknownError, CheckUnknownError,
   * ReleaseStateError when there is nothing to look at.
   */
  runCheck(request: CheckRequest): Promise<CheckRun>;
  /**
   * Starts a release.
   * @throws ServiceUnknownError, ReleaseInProgressError (names the other release), ReleaseFrozenError.
   */
  startRelease(request: {
    service: string;
    artifact: Artifact;
    by: string;
  }): Promise<ReleaseStatus>;
  /**
   * Starts a release at most once for a key, however often and by how many it is asked for. Asking
   * again mends what a crash cut short.
   * @throws ServiceUnknownError, ArtifactInvalidError: nothing is on record.
   * @throws ReleaseInProgressError, ReleaseFrozenError, and ReleaseStateError where that was so when it
   * was asked for first: the release is on record as refused.
   */
  startReleaseOnce(
    key: string,
    request: { service: string; artifact: Artifact; by: string },
  ): Promise<{ releaseId: string }>;
  /** Entries of that kind in the `webhooks` of a service's manifest, or with null of all of them. */
  listWebhooks(kind: string, service: string | null): Promise<WebhookEntry[]>;
  /**
   * What others tell of alerts: it is kept, and a running release that watches an alarm which fires is
   * undone at once. Comes back with the alarms that it was about.
   */
  reportAlerts(report: {
    source: AlertSource;
    alerts: readonly ToldAlert[];
    /** Whose alarms it may be about. */
    services: readonly string[];
  }): Promise<{ service: string; alarm: string; state: 'firing' | 'ok' }[]>;
  /** Writes into a release's timeline what people do about its incident. @throws ReleaseUnknownError */
  noteIncident(releaseId: string, note: IncidentNote): Promise<void>;
  /** The service that a release is of, without asking anybody but the ledger. @throws ReleaseUnknownError */
  serviceOf(releaseId: string): Promise<string>;
  /** @throws ReleaseUnknownError */
  getRelease(releaseId: string): Promise<ReleaseStatus>;
  /**
   * What `by` has to know to decide on a release; whether they have the right to is not looked at.
   * @throws ReleaseUnknownError
   */
  review(releaseId: string, by: string): Promise<Review>;
  /** Blue and green side by side. @throws ReleaseUnknownError */
  measureRelease(releaseId: string): Promise<ReleaseMetrics>;
  /** Newest first. Without events. */
  listReleases(query: { service?: string; limit: number }): Promise<ReleaseRecord[]>;
  /** @throws ReleaseUnknownError, ApprovalClosedError, SeparateDutiesError, ReleaseStateError */
  approve(releaseId: string, by: string, reason: string | null): Promise<Approval>;
  /** @throws ReleaseUnknownError, ApprovalClosedError, ReleaseStateError */
  reject(releaseId: string, by: string, reason: string | null): Promise<Approval>;
  /**
   * Puts traffic back on blue: of a running release at once, of a completed or held one while its
   * old environment is still there.
   * @throws ReleaseUnknownError, NothingToRollBackError, ReleaseInProgressError, RouteConflictError
   */
  rollback(releaseId: string, by: string, reason: string | null): Promise<ReleaseStatus>;
  /** The same for whatever release is running or was completed last. @throws as `rollback` */
  rollbackService(service: string, by: string, reason: string | null): Promise<ReleaseStatus>;
  /**
   * Freezes the traffic of a running release where it is, until somebody resumes it.
   * @throws ReleaseUnknownError, ReleaseStateError when no traffic has moved, or it is being undone.
   */
  hold(releaseId: string, by: string, reason: string | null): Promise<ReleaseStatus>;
  /** Ends a hold either way. @throws ReleaseUnknownError, ReleaseStateError */
  resume(
    releaseId: string,
    decision: 'continue' | 'rollback',
    by: string,
    reason: string | null,
  ): Promise<ReleaseStatus>;
  /** What is wrong with a service, and how route, ledger and engine stand. @throws ServiceUnknownError */
  diagnose(service: string): Promise<Diagnosis>;
  /**
   * Does what is safe about that: undoes a stranded release, frees a lock that nobody needs, has
   * leftovers retired. Answers as soon as that is under way.
   * @throws ServiceUnknownError
   */
  repair(service: string, by: string): Promise<RepairReport>;
  /** Stops new releases of a service, or of all with `*`. */
  freeze(scope: string, reason: string, by: string): Promise<Freeze>;
  /** True when there was a freeze. */
  unfreeze(scope: string, by: string): Promise<boolean>;
  listFreezes(): Promise<Freeze[]>;
  /**
   * Makes a token for a machine; only the answer has it. Seconds until it expires, null for never.
   * @throws ReleaseStateError when another one has that name.
   */
  createToken(
    request: { name: string; grants: Grant[]; expiresInSeconds: number | null },
    by: string,
  ): Promise<{ token: string; record: ApiToken }>;
  /** Newest first, revoked and expired ones too. */
  listTokens(): Promise<ApiToken[]>;
  /** @throws TokenUnknownError */
  revokeToken(id: string, by: string): Promise<ApiToken>;
}
