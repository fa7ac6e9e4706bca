import { isErrorName, isNamed, VerdigrisError } from '../release/errors.ts';
import type { ErrorAnswer } from './api.ts';

/** An answer that is not a success. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: ErrorAnswer;
  /** Nobody meant to throw this: it is logged, and the caller learns nothing about it. */
  isUnexpected: boolean;
  /** Somebody may not do this, or not so often, also where the answer says that there is no such thing. */
  isAboutRights: boolean;
}

/** The status and body with which the API answers whatever was thrown. */
export function refusalOf(error: unknown): Refusal {
  const known = asVerdigrisError(error);
  if (!known) return unexpected;
  const details = Object.keys(known.details).length > 0 ? { details: known.details } : {};
  return {
    status: known.httpStatus,
    headers: headersFor(known),
    body: { error: { name: known.name, code: known.code, message: known.message, ...details } },
    isUnexpected: false,
    isAboutRights: isRefusedByRights(known.httpStatus) || isNamed(known.cause, 'ForbiddenError'),
  };
}

const unexpected: Refusal = {
  status: 500,
  headers: {},
  body: {
    error: {
      name: 'InternalError',
      code: 'VG500',
      message: 'the conductor met an unexpected error; its log has the cause',
    },
  },
  isUnexpected: true,
  isAboutRights: false,
};

function isRefusedByRights(status: number): boolean {
  return [401, 403, 429].includes(status);
}

/** Errors of the catalogue, also those that lost their class on a trip through a state machine. */
function asVerdigrisError(error: unknown): VerdigrisError | undefined {
  if (error instanceof VerdigrisError) return error;
  if (!(error instanceof Error) || !isErrorName(error.name)) return undefined;
  return new VerdigrisError(error.name, error.message);
}

function headersFor(error: VerdigrisError): Record<string, string> {
  if (error.httpStatus === 401) return { 'WWW-Authenticate': 'Bearer realm="verdigris"' };
  const { retryAfterSeconds } = error.details;
  if (error.httpStatus === 429) return { 'Retry-After': String(retryAfterSeconds ?? 1) };
  return error.httpStatus === 503 ? { 'Retry-After': '1' } : {};
}
