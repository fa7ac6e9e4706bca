import type { ReviewAnswer, SessionAnswer } from '../lib/http/api.ts';

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
  SessionAnswer,
  StoredManifestAnswer,
  Timings,
  ValidationAnswer,
  Weights,
} from '../lib/http/api.ts';

/** A check's verdict in short. */
export type ErrorBudget = NonNullable<ReviewAnswer['errorBudget']>;
export type CheckResult = ReviewAnswer['checks'][number];

/** A role, for some services or (`*`) for all of them. */
export type Grant = SessionAnswer['grants'][number];

/** What somebody may be for a service. */
export type Role = Grant['role'];

/** What a button does, as far as rights are concerned. */
export type Permission = 'read' | 'release' | 'approve' | 'operate';

/** `GET /auth/options` */
export interface SignInOptions {
  token: boolean;
  oidc: { loginUrl: string } | null;
}
