import { type ErrorName, errorCatalogue, VerdigrisError } from '../release/errors.ts';
import type { ErrorAnswer } from './api.ts';

/** An answer that is not a success. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: ErrorAnswer;
  /** Nobody meant to throw this: it is logged, and the caller learns nothing about it. */
  isUnexpected: boolean;
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
};

/** Errors of the catalogue, also those that lost their class on a trip through a state machine. */
function asVerdigrisError(error: unknown): VerdigrisError | undefined {
  if (error instanceof VerdigrisError) return error;
  if (!(error instanceof Error) || !Object.hasOwn(errorCatalogue, error.name)) return undefined;
  return new VerdigrisError(error.name as ErrorName, error.message);
}

function headersFor(error: VerdigrisError): Record<string, string> {
  if (error.httpStatus === 401) return { 'WWW-Authenticate': 'Bearer realm="verdigris"' };
  const isForLater = error.httpStatus === 503 || error.httpStatus === 429;
  return isForLater ? { 'Retry-After': '1' } : {};
}
