import type { EnvironmentRef } from '../release/document.ts';
import type { JsonObject } from '../release/json.ts';

/** What a check looks at. */
export interface CheckContext {
  service: string;
  releaseId: string;
  /** The candidate. */
  green: EnvironmentRef;
  /** What is live, to compare with; null on a service's first release. */
  blue: EnvironmentRef | null;
  /** Aborts when the check's time is up. */
  abort: AbortSignal;
}

/** A check's answer. */
export type CheckAnswer =
  | { verdict: 'pass' | 'warn' | 'fail'; summary: string; evidence: JsonObject }
  | { verdict: 'pending'; summary: string; retryAfterSeconds: number };

/** A verdict on green before it gets traffic. */
export interface Check {
  /**
   * Looks once. May be repeated and run twice at once. Whatever it throws is a failed check.
   * The summary is one line fit for a chat message; evidence holds what was compared, without secrets.
   */
  run(context: CheckContext): Promise<CheckAnswer>;
}
