import type { Artifact } from '../release/artifact.ts';
import type { CheckEffects, EnvironmentRef } from '../release/document.ts';
import type { JsonObject } from '../release/json.ts';
import type { Plan } from '../release/plan.ts';
import type { AlarmFacts, MetricPoint } from '../signals/signal.ts';

/** What can be looked at before there is a green. */
export interface PreflightContext {
  service: string;
  /** What is to be released; null where nobody said. */
  artifact: Artifact | null;
  /** What the release does, or would do. */
  plan: Plan;
  /** What is live, to compare with; null on a service's first release. */
  blue: EnvironmentRef | null;
  /**
   * Facts of an environment, as its adapter describes them. Never secrets' values.
   * @throws ThrottledError, or whatever keeps the provider from telling.
   */
  describe(ref: EnvironmentRef): Promise<JsonObject>;
  /**
   * What an environment did in the last so many seconds, oldest first, by the service's own metrics;
   * empty when it had no requests.
   * @throws SignalUnavailableError, ThrottledError
   */
  figures(ref: EnvironmentRef, seconds: number): Promise<MetricPoint[]>;
  /**
   * What is known of alarms of these names, in that order, by the service's own signals.
   * @throws SignalUnavailableError, ThrottledError
   */
  alarms(names: readonly string[]): Promise<AlarmFacts[]>;
  /**
   * The newest value of a secret of the conductor. What was read here is blotted out of the answer.
   * @throws ConfigInvalidError when there is none, SecretUnavailableError
   */
  secret(name: string): Promise<string>;
  /** So much time the check has, which may be less than its manifest says: for those that plan it. */
  timeoutSeconds: number;
  /** Aborts when the check's time is up. */
  abort: AbortSignal;
}

/** What a check looks at: green, and blue beside it. */
export interface CheckContext extends PreflightContext {
  /** Null where somebody runs checks outside of a release. */
  releaseId: string | null;
  /** The candidate. */
  green: EnvironmentRef;
  /** Whether green has users already: a check that puts load on it or writes has to leave that out. */
  isLive: boolean;
  /** For how long checks of this green have been asked, in seconds: those that wait know when to stop. */
  waitedSeconds: number;
}

/** A check's verdict. */
export interface CheckVerdict {
  verdict: 'pass' | 'warn' | 'fail';
  /** One line fit for a chat message, with the numbers. */
  summary: string;
  /** What was compared, numbers and samples, without secrets. */
  evidence: JsonObject;
  effects?: CheckEffects;
}

/** A check's answer. */
export type CheckAnswer =
  | CheckVerdict
  | { verdict: 'pending'; summary: string; retryAfterSeconds: number };

/** A verdict on green before it gets traffic. */
export interface Check {
  /**
   * Looks once. May be repeated and run twice at once. Whatever it throws is a failed check, a
   * ThrottledError excepted, which is `pending`.
   */
  run(context: CheckContext): Promise<CheckAnswer>;
  /** The same as far as it can be told before green is provisioned; absent where nothing can. */
  preflight?(context: PreflightContext): Promise<CheckAnswer>;
}
