/** What the console reads from the API and sends to it: types only, so that no schema is bundled. */
export type {
  Artifact,
  Diagnosis,
  EnvironmentRef,
  ErrorAnswer,
  EventType,
  Finding,
  Freeze,
  FreezesAnswer,
  Outcome,
  Phase,
  ReleaseEvent,
  ReleaseStatus,
  ReleaseSummary,
  ReleasesAnswer,
  ServiceStatus,
  ServicesAnswer,
  Timings,
  Weights,
} from '../lib/http/api.ts';

/** What somebody may be for a service. */
export type Role = 'viewer' | 'releaser' | 'approver' | 'operator';

/** What a button does, as far as rights are concerned. */
export type Permission = 'read' | 'release' | 'approve' | 'operate';

/** A role, for some services or (`*`) for all of them. */
export interface Grant {
  role: Role;
  services: '*' | readonly string[];
}

/** `GET /api/session` */
export interface Session {
  actor: string;
  via: string;
  grants: readonly Grant[];
  /** The conductor holds a stream of changes open; else the console asks again and again. */
  stream: boolean;
}

/** `GET /auth/options` */
export interface SignInOptions {
  token: boolean;
  oidc: { loginUrl: string } | null;
}

/** What a side did in one period. `latencyMs` is null where nothing was measured. */
export interface Point {
  at: string;
  requests: number;
  errors: number;
  latencyMs: { p50: number; p95: number; p99: number } | null;
}

/** A moment that charts mark. */
export interface Mark {
  at: string;
  kind: 'shift' | 'verdict' | 'breach' | 'end';
  label: string;
}

/** `GET /api/releases/{id}/metrics` */
export interface Metrics {
  from: string;
  to: string;
  periodSeconds: number;
  blue: readonly Point[];
  green: readonly Point[];
  marks: readonly Mark[];
}

/** One person's word. */
export interface Decision {
  by: string;
  decision: 'approve' | 'reject';
  reason: string | null;
  at: string;
}

/** What a release has that the one before had not: a path of the manifest, before and after. */
export interface Change {
  path: string;
  before: unknown;
  after: unknown;
}

/** `GET /api/releases/{id}/review` */
export interface Review {
  releaseId: string;
  service: string;
  requestedBy: string;
  requestedAt: string;
  state: 'not-asked' | 'open' | 'approved' | 'rejected' | 'expired' | 'closed';
  requiredCount: number;
  separateDuties: boolean;
  /** Null before people are asked. */
  expiresAt: string | null;
  decisions: readonly Decision[];
  canDecide: boolean;
  /** Why this person cannot decide; null when they can. */
  whyNot: string | null;
  /** Also of who may not approve, because they asked for the release. */
  canReject: boolean;
  artifact: { before: ReviewedArtifact | null; after: ReviewedArtifact };
  changes: readonly Change[];
  checks: readonly CheckResult[];
  errorBudget: { leftPercent: number; summary: string } | null;
  breach: { kind: string; reason: string; detectedAt: string; by: string } | null;
}

/** An artifact as a review shows it. */
export interface ReviewedArtifact {
  uri: string;
  version: string;
  digest?: string | null | undefined;
}

/** A check's verdict in short. */
export interface CheckResult {
  name: string;
  verdict: 'pass' | 'warn' | 'fail';
  isCritical: boolean;
  summary: string;
}

/** `GET /api/services/{service}/manifest` */
export interface ServiceManifest {
  service: string;
  revision: number;
  updatedAt: string;
  updatedBy: string;
  source: Record<string, unknown>;
}

/** `POST /api/services/{service}/validate` */
export interface Validation {
  isValid: boolean;
  issues: readonly { path: string; reason: string }[];
}
