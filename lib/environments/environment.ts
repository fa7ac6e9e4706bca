import type { Artifact } from '../release/artifact.ts';
import type { EnvironmentRef } from '../release/document.ts';
import type { JsonObject } from '../release/json.ts';

/** Where an environment stands. */
export interface EnvironmentStatus {
  /**
   * `pending`: still being made. `ready`: takes requests. `failed`: will never be ready. `gone`: not
   * there (never made, or retired).
   */
  state: 'pending' | 'ready' | 'failed' | 'gone';
  /** Why it failed, or what it is waiting for, in one or a few lines. */
  reason: string;
  /** When to look again, in seconds. */
  retryAfterSeconds: number;
}

/** An environment and the release that it was made for. */
export interface MadeEnvironment {
  ref: EnvironmentRef;
  releaseId: string;
}

/**
 * Makes and removes running copies of one service. Every call is idempotent, returns within
 * seconds (30 at most), and may be repeated or run twice at once.
 */
export interface Environment {
  /**
   * True where somebody else makes environments and hands them over with the artifact. Such an adapter
   * remembers none: `ofRelease` and `list` find nothing, `lookup` only what the manifest itself names,
   * and what a release made live is known from its record. `retire` leaves them to their maker.
   */
  readonly isHandedOver?: boolean;
  /**
   * Begins to make an environment for this release, or finds the one it already began: the same
   * release always gets the same id. Does not wait until it is ready. Null while the provider is
   * busy with what comes before and there is nothing to name yet: call again.
   * @throws ArtifactInvalidError when the artifact is missing, damaged, or not what its digest says.
   * @throws ProvisionFailedError when it cannot be made and a repetition would not help.
   * @throws ThrottledError when the provider asks to be called later.
   */
  provision(artifact: Artifact, releaseId: string): Promise<EnvironmentRef | null>;
  /** Where it stands now. Never throws for an environment that is gone. */
  status(ref: EnvironmentRef): Promise<EnvironmentStatus>;
  /**
   * The environment that was begun for this release, or null: finds what a `provision` made whose
   * answer was lost.
   */
  ofRelease(releaseId: string): Promise<EnvironmentRef | null>;
  /** The environment with this id as the router names it, or null when there is none. */
  lookup(environmentId: string): Promise<EnvironmentRef | null>;
  /**
   * Every environment that was made for a release and is not gone, also one that failed. Where services
   * share their provider's thing, such as one function, another service's may be among them: its
   * release tells.
   */
  list(): Promise<MadeEnvironment[]>;
  /**
   * Facts for parity checks: memory, runtime, variable names. Never secrets' values. `ownFacts` lists the
   * paths of those that are never the same in two environments, such as ids, code, and how it is doing.
   * Empty for one that is gone.
   */
  describe(ref: EnvironmentRef): Promise<JsonObject>;
  /** Brings caches and connections up before users do. No effect where there is nothing to warm. */
  warm(ref: EnvironmentRef): Promise<void>;
  /** Sets its capacity in the adapter's own unit. No effect where capacity is fixed. */
  scale(ref: EnvironmentRef, capacity: number): Promise<void>;
  /**
   * Brings green to what it needs to take all traffic, just before its first: capacity like blue's,
   * protection against deletion. `ready` once it is there. Absent where every environment is made so.
   * @param blue What is live; null on a first release.
   * @throws ProvisionFailedError when a repetition would not help, ThrottledError.
   */
  goLive?(ref: EnvironmentRef, blue: EnvironmentRef | null): Promise<EnvironmentStatus>;
  /**
   * Removes it, letting requests in flight finish. `pending` asks to be called again.
   * Retiring what is gone is `retired`. The caller has made sure that no traffic goes there.
   */
  retire(ref: EnvironmentRef): Promise<'retired' | 'pending'>;
}
