import type { ReviewAnswer } from '../lib/http/api.ts';

/** What the console reads from the API and sends to it: types only, so that no schema is bundled. */
export type {
  Artifact,
  Decision,
  Diagnosis,
  EnvironmentRef,
  ErrorAnswer,
  EventType,
  Finding,
  Freeze,
  FreezesAnswer,
  Mark,
  MeasuredPoint,
  Outcome,
  Phase,
  ReleaseEvent,
  ReleaseMetrics,
  ReleaseStatus,
  ReleaseSummary,
  ReleasesAnswer,
  ReviewAnswer,
  ServiceStatus,
  ServicesAnswer,
  StoredManifestAnswer,
  Timings,
  ValidationAnswer,
  Weights,
} from '../lib/http/api.ts';

/** A check's verdict in short. */
export type CheckResult = ReviewAnswer['checks'][number];

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
