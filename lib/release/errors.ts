/**
 * Every error that Verdigris throws on purpose. The name is API: the state machines' Retry and Catch
 * match it, programs that call the HTTP API match the code. docs/errors.md has a line for each (held
 * by a test).
 */
export const errorCatalogue = {
  ManifestInvalidError: { code: 'VG101', httpStatus: 400, isRetryable: false },
  ArtifactInvalidError: { code: 'VG102', httpStatus: 400, isRetryable: false },
  RequestInvalidError: { code: 'VG103', httpStatus: 400, isRetryable: false },
  RequestTooLargeError: { code: 'VG104', httpStatus: 413, isRetryable: false },
  ConfigInvalidError: { code: 'VG105', httpStatus: 400, isRetryable: false },
  UnauthorizedError: { code: 'VG110', httpStatus: 401, isRetryable: false },
  ForbiddenError: { code: 'VG111', httpStatus: 403, isRetryable: false },
  RateLimitedError: { code: 'VG112', httpStatus: 429, isRetryable: true },
  DeliveryReplayedError: { code: 'VG113', httpStatus: 409, isRetryable: false },
  LinkInvalidError: { code: 'VG114', httpStatus: 403, isRetryable: false },
  ServiceUnknownError: { code: 'VG120', httpStatus: 404, isRetryable: false },
  ReleaseUnknownError: { code: 'VG121', httpStatus: 404, isRetryable: false },
  RouteUnknownError: { code: 'VG122', httpStatus: 404, isRetryable: false },
  AlarmUnknownError: { code: 'VG123', httpStatus: 400, isRetryable: false },
  TokenUnknownError: { code: 'VG125', httpStatus: 404, isRetryable: false },
  CheckUnknownError: { code: 'VG126', httpStatus: 404, isRetryable: false },
  KindUnavailableError: { code: 'VG124', httpStatus: 400, isRetryable: false },

  ReleaseInProgressError: { code: 'VG201', httpStatus: 409, isRetryable: false },
  ReleaseFrozenError: { code: 'VG202', httpStatus: 409, isRetryable: false },
  AlarmFiringError: { code: 'VG203', httpStatus: 409, isRetryable: false },
  NothingToRollBackError: { code: 'VG204', httpStatus: 409, isRetryable: false },
  ReleaseStateError: { code: 'VG205', httpStatus: 409, isRetryable: false },
  ApprovalClosedError: { code: 'VG206', httpStatus: 409, isRetryable: false },
  SeparateDutiesError: { code: 'VG207', httpStatus: 403, isRetryable: false },

  ProvisionFailedError: { code: 'VG301', httpStatus: 500, isRetryable: false },
  CheckFailedError: { code: 'VG302', httpStatus: 500, isRetryable: false },
  ApprovalRejectedError: { code: 'VG303', httpStatus: 500, isRetryable: false },
  ApprovalExpiredError: { code: 'VG304', httpStatus: 500, isRetryable: false },
  BreachError: { code: 'VG305', httpStatus: 500, isRetryable: false },
  RollbackRequestedError: { code: 'VG306', httpStatus: 500, isRetryable: false },
  HoldRequestedError: { code: 'VG307', httpStatus: 500, isRetryable: false },

  RouteConflictError: { code: 'VG401', httpStatus: 409, isRetryable: false },
  StaleEpochError: { code: 'VG402', httpStatus: 409, isRetryable: false },
  LeaseExpiredError: { code: 'VG403', httpStatus: 409, isRetryable: true },
  EnvironmentInUseError: { code: 'VG404', httpStatus: 409, isRetryable: false },
  RollbackFailedError: { code: 'VG405', httpStatus: 500, isRetryable: false },
  TrafficMovedError: { code: 'VG406', httpStatus: 409, isRetryable: false },
  RouteUnreadyError: { code: 'VG407', httpStatus: 409, isRetryable: false },
  RetireFailedError: { code: 'VG408', httpStatus: 500, isRetryable: false },

  LedgerUnavailableError: { code: 'VG501', httpStatus: 503, isRetryable: true },
  LedgerVersionError: { code: 'VG502', httpStatus: 500, isRetryable: false },
  RouterUnavailableError: { code: 'VG503', httpStatus: 503, isRetryable: true },
  ThrottledError: { code: 'VG504', httpStatus: 503, isRetryable: true },
  SignalUnavailableError: { code: 'VG505', httpStatus: 503, isRetryable: true },
  PortInUseError: { code: 'VG506', httpStatus: 409, isRetryable: false },
  EngineUnavailableError: { code: 'VG507', httpStatus: 503, isRetryable: true },
  SecretUnavailableError: { code: 'VG508', httpStatus: 503, isRetryable: true },
} as const satisfies Record<string, ErrorFacts>;

interface ErrorFacts {
  /** Stable short code, `VGnnn`. */
  code: string;
  /** The status with which the HTTP API answers when this error reaches it. */
  httpStatus: number;
  /** True when the same call may succeed a little later without anybody changing anything. */
  isRetryable: boolean;
}

/** The name of an error of the catalogue. */
export type ErrorName = keyof typeof errorCatalogue;

/** Whether that is the name of an error of the catalogue. */
export function isErrorName(name: string): name is ErrorName {
  return Object.hasOwn(errorCatalogue, name);
}

/** What an error may carry besides its message. */
export interface ErrorExtras {
  cause?: unknown;
  /** Facts for programs, for instance `{ releaseId }` of the release that holds the lock. */
  details?: Record<string, unknown>;
}

/** An error of the catalogue: `name` and `code` are API, the message is for people. */
export class VerdigrisError extends Error {
  readonly code: string;
  readonly httpStatus: number;
  readonly isRetryable: boolean;
  readonly details: Record<string, unknown>;

  constructor(name: ErrorName, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? {} : { cause: extras.cause });
    const facts = errorCatalogue[name];
    this.name = name;
    this.code = facts.code;
    this.httpStatus = facts.httpStatus;
    this.isRetryable = facts.isRetryable;
    this.details = extras.details ?? {};
  }
}

/** True when `error` carries that name of the catalogue, also after a trip through a state machine. */
export function isNamed(error: unknown, ...names: ErrorName[]): error is Error {
  return error instanceof Error && names.some((name) => name === error.name);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
