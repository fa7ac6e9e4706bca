import { z } from 'zod';
import type {
  ApiToken,
  Approval,
  Freeze,
  ManifestRecord,
  ReleaseRecord,
} from '../ledger/ledger.ts';
import { type Grant, grantSchema } from '../release/access.ts';
import { artifactSchema } from '../release/artifact.ts';
import type { ListedCheck } from '../release/check-run.ts';
import type { Issue } from '../release/issues.ts';
import { atMost } from '../release/quantities.ts';
import type { ReleaseStatus, Timings } from '../release/status.ts';
import type { Review, ServiceStatus } from './operations.ts';

export type { Decision, Freeze } from '../ledger/ledger.ts';
export type { Artifact } from '../release/artifact.ts';
export type { Change } from '../release/changes.ts';
export type { CheckRun, ListedCheck } from '../release/check-run.ts';
export type {
  Diagnosis,
  Finding,
  ReleaseLine,
  Repair,
  RepairReport,
  Sides,
} from '../release/diagnosis.ts';
export type {
  Breach,
  CheckEffects,
  CheckResult,
  EnvironmentRef,
  Outcome,
  Phase,
  Weights,
} from '../release/document.ts';
export type { ErrorName } from '../release/errors.ts';
export type { EventType, ReleaseEvent } from '../release/events.ts';
export type { Issue } from '../release/issues.ts';
export type { Mark, MeasuredPoint, ReleaseMetrics } from '../release/release-metrics.ts';
export type { ReleaseStatus, Timings } from '../release/status.ts';
export type { Verification } from '../release/verification.ts';
export type { ServiceStatus } from './operations.ts';

/**
 * The HTTP API's requests and answers: what the application validates and what the CLI and the
 * console are written against. Times are ISO 8601, shares of traffic whole percent.
 */

/** Counts up when a program written against the API has to change. */
export const apiVersion = 1;

/** The largest request body, in bytes. */
export const bodyLimitBytes = 256 * 1024;

const serviceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, 'needs 2 to 40 of a-z 0-9 -, starting with a letter');

const reason = z
  .string()
  .trim()
  .min(1, 'needs at least one character')
  .max(500, 'is longer than 500 characters')
  .meta({ description: 'Why, for people and the timeline', pattern: '\\S' });

/** A service's name in a path. */
export const serviceNameSchema = serviceName;

/** A release's id in a path; it also names an execution, which allows 80 characters. */
export const releaseIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/, 'needs 1 to 80 of A-Z a-z 0-9 _ -');

/** The scope of a freeze: a service's name, or `*` for all. */
export const freezeScopeSchema = z
  .string()
  .regex(/^(\*|[a-z][a-z0-9-]{0,38}[a-z0-9])$/, 'needs the name of a service, or * for all');

/** `PUT /api/services/{service}`: any JSON, since applying it gives every key its own reason. */
export const manifestBodySchema = z.json();

/** `POST /api/services/{service}/validate`: what is wrong with it is the answer. */
export const manifestDraftSchema = z
  .unknown()
  .meta({ description: 'A manifest, right or wrong', override: { type: 'object' } });

/** `POST /api/releases` */
export const startReleaseSchema = z.strictObject({
  service: serviceName,
  artifact: artifactSchema,
});
export type StartReleaseRequest = z.input<typeof startReleaseSchema>;

/** `POST …/approve`, `…/reject` and `…/rollback` */
export const reasonSchema = z.strictObject({ reason: reason.optional() });
export type ReasonRequest = z.input<typeof reasonSchema>;

/** `POST /api/releases/{id}/resume` */
export const resumeSchema = z.strictObject({
  decision: z.enum(['continue', 'rollback'], { error: 'needs "continue" or "rollback"' }),
  reason: reason.optional(),
});
export type ResumeRequest = z.input<typeof resumeSchema>;

/** `POST /api/services/{service}/checks` */
export const runCheckSchema = z.strictObject({
  check: z.string().min(1).max(64).meta({ description: 'Its name in the manifest' }),
  preflight: z
    .boolean()
    .default(false)
    .meta({ description: 'Ask only what can be told before anything is provisioned' }),
  artifact: artifactSchema
    .optional()
    .meta({ description: 'What would be released; of preflights only' }),
  waitedSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(0)
    .meta({ description: 'How long you have been asking while it was pending' }),
});
export type RunCheckRequest = z.input<typeof runCheckSchema>;

/** `POST /api/services/{service}/repair` */
export const repairSchema = z.strictObject({});

/** `PUT /api/freezes/{scope}` */
export const freezeSchema = z.strictObject({ reason });
export type FreezeRequest = z.input<typeof freezeSchema>;

/** The id of a token in a path. */
export const tokenIdSchema = z.string().regex(/^[a-z0-9]{12,40}$/, 'needs 12 to 40 of a-z 0-9');

/** `POST /api/tokens` */
export const createTokenSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, 'needs 2 to 40 of a-z 0-9 -, starting with a letter'),
  grants: z.array(grantSchema).min(1, 'needs at least one role').max(20),
  expiresIn: z
    .union([z.null(), atMost('730d')], {
      error: 'needs a duration with its unit, such as 90d, of at most 730d, or null for never',
    })
    .prefault('90d'),
});
export type CreateTokenRequest = z.input<typeof createTokenSchema>;

/** For the OpenAPI document: the text in a query is a number to whoever calls. */
function asWholeNumber({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  delete jsonSchema.pattern;
  Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: 200, default: 20 });
}

/** The query of `GET /api/releases`. */
export const listReleasesSchema = z.strictObject({
  service: serviceName.optional(),
  limit: z
    .string()
    .regex(/^([1-9]|[1-9]\d|1\d\d|200)$/, 'needs a whole number from 1 to 200')
    .default('20')
    .transform(Number)
    .meta({ description: 'At most so many', override: asWholeNumber }),
});

/** `GET /healthz` */
export interface HealthAnswer {
  status: 'ok';
  /** Of Verdigris. */
  version: string;
  /** {@link apiVersion} of the conductor. */
  api: number;
}

/** `GET /api/services` */
export interface ServicesAnswer {
  services: ServiceStatus[];
}

/** `PUT /api/services/{service}` */
export type ManifestAnswer = Omit<ManifestRecord, 'source'>;

/** `GET /api/services/{service}/manifest` */
export type StoredManifestAnswer = ManifestRecord;

/** `POST /api/services/{service}/validate` */
export interface ValidationAnswer {
  isValid: boolean;
  /** Everything that is wrong; empty when it is valid. */
  issues: Issue[];
}

/** `GET /api/services/{service}/checks` */
export interface ChecksAnswer {
  service: string;
  checks: ListedCheck[];
}

/** A release in a list: its status without traffic and events. */
export type ReleaseSummary = Pick<
  ReleaseStatus,
  | 'releaseId'
  | 'service'
  | 'version'
  | 'phase'
  | 'outcome'
  | 'reason'
  | 'requestedBy'
  | 'blue'
  | 'green'
> &
  Pick<ReleaseRecord, 'requestedAt' | 'endedAt'> & { timings: Timings };

/** `GET /api/releases` */
export interface ReleasesAnswer {
  releases: ReleaseSummary[];
}

/** `GET /api/releases/{id}/review` */
export type ReviewAnswer = Review;

/** `POST …/approve` and `…/reject`. The task token stays inside. */
export type ApprovalAnswer = Omit<Approval, 'token' | 'turn'>;

/** `GET /api/freezes` */
export interface FreezesAnswer {
  freezes: Freeze[];
}

/** `DELETE /api/freezes/{scope}` */
export interface UnfreezeAnswer {
  scope: string;
  /** False when there was no freeze. */
  lifted: boolean;
}

/** `DELETE /api/tokens/{id}`. The hash stays inside. */
export type TokenAnswer = Omit<ApiToken, 'hash'>;

/** `GET /api/tokens` */
export interface TokensAnswer {
  tokens: TokenAnswer[];
}

/** `POST /api/tokens` */
export interface CreatedTokenAnswer extends TokenAnswer {
  /** `vgt_<id>_<secret>`: shown once, and nobody can look it up again. */
  token: string;
}

/** `GET /api/session` */
export interface SessionAnswer {
  /** The name that events and approvals carry. */
  actor: string;
  /** How this request showed who makes it. */
  via: 'shared-token' | 'api-token' | 'session' | 'oidc' | 'aws';
  grants: readonly Grant[];
  /** How and until when a browser has signed in; null for everybody else. */
  signIn: { with: 'shared-token' | 'api-token' | 'oidc'; expiresAt: string } | null;
  /** Whether `GET /api/stream` is there; else ask again every few seconds. */
  stream: boolean;
}

/** Every answer that is not a success. */
export interface ErrorAnswer {
  error: {
    /** From the error catalogue, or `InternalError`. */
    name: string;
    /** `VGnnn`, as stable as the name. */
    code: string;
    /** For people: the thing or path, the reason, what would be right. */
    message: string;
    details?: Record<string, unknown>;
  };
}
