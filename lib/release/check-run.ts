import type { Artifact } from './artifact.ts';
import type { EnvironmentRef } from './document.ts';
import type { JsonObject } from './json.ts';

/** A check of a service's manifest. */
export interface ListedCheck {
  name: string;
  kind: string;
  isCritical: boolean;
  timeoutSeconds: number;
}

/** A check that somebody asks for outside of a release. */
export interface CheckRequest {
  service: string;
  /** Its name in the manifest. */
  check: string;
  /** True asks what can be told before anything is provisioned. */
  isPreflight: boolean;
  /** What would be released; of preflights only. */
  artifact: Artifact | null;
  /** How long whoever asks has been asking while it was pending. */
  waitedSeconds?: number;
}

/** What came of it. */
export interface CheckRun {
  service: string;
  check: string;
  kind: string;
  isCritical: boolean;
  isPreflight: boolean;
  /** `skipped`: it can't say anything before green is provisioned. `pending`: ask again. */
  verdict: 'pass' | 'warn' | 'fail' | 'pending' | 'skipped';
  summary: string;
  evidence: JsonObject;
  /** When to ask again; null unless it is pending. */
  retryAfterSeconds: number | null;
  /** The release that it was looked at in, or whose outcome is live; null where there is none. */
  releaseId: string | null;
  blue: EnvironmentRef | null;
  /** Null in a preflight. */
  green: EnvironmentRef | null;
  tookMs: number;
}
