import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { type ErrorName, errorCatalogue } from '../../release/errors.ts';
import type { AnyRoute } from '../route.ts';
import { errorAnswer } from './shapes/plain.ts';

/** The name of an error that an answer may carry. */
type RefusalName = ErrorName | 'InternalError';

/** What every route may answer to anybody. */
const always: readonly RefusalName[] = [
  'UnauthorizedError',
  'ForbiddenError',
  'RateLimitedError',
  'InternalError',
  'LedgerUnavailableError',
  'ThrottledError',
  'SecretUnavailableError',
];

/** What a service's router, engine and signals may add. */
const whereAdaptersAreAsked: readonly RefusalName[] = [
  'RouterUnavailableError',
  'EngineUnavailableError',
  'SignalUnavailableError',
];

/** Every error that a route may answer with: its own and those that come from what it takes. */
export function errorsOf(route: AnyRoute): RefusalName[] {
  const hasParameters = route.path.includes('{');
  const isChecked = hasParameters || route.query || route.body;
  return [
    ...always,
    ...(isChecked ? (['RequestInvalidError'] as const) : []),
    ...(hasParameters ? (['RouteUnknownError'] as const) : []),
    ...(route.body ? (['RequestTooLargeError'] as const) : []),
    ...(hasParameters || route.body ? whereAdaptersAreAsked : []),
    ...(route.errors ?? []),
  ];
}

/** The answers of a route that are no successes, one for each status. */
export function refusalsOf(names: readonly RefusalName[]): ZodOpenApiResponsesObject {
  const statuses = Map.groupBy(new Set(names), statusOf);
  return Object.fromEntries(
    [...statuses]
      .toSorted(([a], [b]) => a - b)
      .map(([status, some]) => [String(status), known(some.toSorted().join(), status, some)]),
  );
}

/** Refusals by their errors: the same one is written once, as a component where it has one error. */
const refusals = new Map<string, ZodOpenApiResponseObject>();

function known(key: string, status: number, names: readonly RefusalName[]) {
  const found = refusals.get(key) ?? refusal(status, names);
  refusals.set(key, found);
  return found;
}

function statusOf(name: RefusalName): number {
  return name === 'InternalError' ? 500 : errorCatalogue[name].httpStatus;
}

function codeOf(name: RefusalName): string {
  return name === 'InternalError' ? 'VG500' : errorCatalogue[name].code;
}

function refusal(status: number, names: readonly RefusalName[]): ZodOpenApiResponseObject {
  const [first = 'InternalError'] = names;
  const headers = headersOf[status];
  return {
    ...(names.length === 1 && { id: first }),
    description: names.map((name) => `${name} (${codeOf(name)})`).join(', '),
    content: {
      'application/json': {
        schema: errorAnswer,
        example: {
          error: { name: first, code: codeOf(first), message: 'what, why, and what now' },
        },
      },
    },
    ...(headers && { headers }),
  };
}

/** Headers by which programs go on. */
const headersOf: Record<number, NonNullable<ZodOpenApiResponseObject['headers']>> = {
  401: {
    'WWW-Authenticate': {
      description: 'How to say who you are',
      required: true,
      schema: { type: 'string' },
      example: 'Bearer realm="verdigris"',
    },
  },
  429: retryAfter(),
  503: retryAfter(),
};

function retryAfter() {
  return {
    'Retry-After': {
      description: 'Seconds until the next try',
      required: true,
      schema: { type: 'string' as const, pattern: '^\\d+$' },
      example: '1',
    },
  };
}
