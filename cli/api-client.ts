import type {
  ApprovalAnswer,
  CheckRun,
  ChecksAnswer,
  CreatedTokenAnswer,
  CreateTokenRequest,
  Diagnosis,
  ErrorAnswer,
  Freeze,
  FreezesAnswer,
  HealthAnswer,
  ManifestAnswer,
  ReasonRequest,
  ReleaseStatus,
  ReleasesAnswer,
  RepairReport,
  ResumeRequest,
  RunCheckRequest,
  ServicesAnswer,
  StartReleaseRequest,
  TokenAnswer,
  TokensAnswer,
  UnfreezeAnswer,
} from '../lib/http/api.ts';
import { CommandError } from './errors.ts';
import { printableLine } from './printable.ts';
import type { FoundToken } from './token.ts';

/** Where the conductor is and who asks. */
export interface Connection {
  /** With or without a path, without a slash at its end. */
  url: string;
  token: FoundToken | null;
  /** What is sent is signed instead, for API Gateway to check. */
  isSigned?: boolean;
  /** The name that events carry; the conductor's default when undefined. */
  actor: string | undefined;
  fetch: typeof fetch;
}

/** The longest that an answer may take, in milliseconds. */
const answerLimitMs = 30_000;
/** A check may take a minute. */
const checkLimitMs = 75_000;

/**
 * The HTTP API as functions. Every one throws a CommandError: the API's own error by its name, or
 * ConnectionError and UnexpectedAnswerError.
 */
export function createApiClient(connection: Connection) {
  const get = <T>(path: string) => call<T>(connection, 'GET', path);
  const post = <T>(path: string, body: object) => call<T>(connection, 'POST', path, body);
  const put = <T>(path: string, body: object) => call<T>(connection, 'PUT', path, body);
  const release = (id: string) => `/api/releases/${encodeURIComponent(id)}`;
  const service = (name: string) => `/api/services/${encodeURIComponent(name)}`;
  const freeze = (scope: string) => `/api/freezes/${encodeURIComponent(scope)}`;
  return {
    url: connection.url,
    health: () => get<HealthAnswer>('/healthz'),
    services: () => get<ServicesAnswer>('/api/services'),
    applyManifest: (name: string, source: object) => put<ManifestAnswer>(service(name), source),
    checks: (name: string) => get<ChecksAnswer>(`${service(name)}/checks`),
    runCheck: (name: string, request: RunCheckRequest) =>
      call<CheckRun>(connection, 'POST', `${service(name)}/checks`, request, checkLimitMs),
    diagnosis: (name: string) => get<Diagnosis>(`${service(name)}/diagnosis`),
    repair: (name: string) => post<RepairReport>(`${service(name)}/repair`, {}),
    startRelease: (request: StartReleaseRequest) => post<ReleaseStatus>('/api/releases', request),
    release: (id: string) => get<ReleaseStatus>(release(id)),
    releases: (query: Record<string, string>) =>
      get<ReleasesAnswer>(`/api/releases?${new URLSearchParams(query)}`),
    approve: (id: string, body: ReasonRequest) =>
      post<ApprovalAnswer>(`${release(id)}/approve`, body),
    reject: (id: string, body: ReasonRequest) =>
      post<ApprovalAnswer>(`${release(id)}/reject`, body),
    rollback: (id: string, body: ReasonRequest) =>
      post<ReleaseStatus>(`${release(id)}/rollback`, body),
    rollbackService: (name: string, body: ReasonRequest) =>
      post<ReleaseStatus>(`${service(name)}/rollback`, body),
    hold: (id: string, body: ReasonRequest) => post<ReleaseStatus>(`${release(id)}/hold`, body),
    resume: (id: string, body: ResumeRequest) => post<ReleaseStatus>(`${release(id)}/resume`, body),
    freezes: () => get<FreezesAnswer>('/api/freezes'),
    freeze: (scope: string, reason: string) => put<Freeze>(freeze(scope), { reason }),
    tokens: () => get<TokensAnswer>('/api/tokens'),
    createToken: (request: CreateTokenRequest) => post<CreatedTokenAnswer>('/api/tokens', request),
    revokeToken: (id: string) =>
      call<TokenAnswer>(connection, 'DELETE', `/api/tokens/${encodeURIComponent(id)}`),
    unfreeze: (scope: string) => call<UnfreezeAnswer>(connection, 'DELETE', freeze(scope)),
  };
}

/** The HTTP API as functions. */
export type ApiClient = ReturnType<typeof createApiClient>;

async function call<T>(
  connection: Connection,
  method: string,
  path: string,
  body?: object,
  limitMs: number = answerLimitMs,
): Promise<T> {
  const answer = await send(connection, method, path, body, limitMs);
  const document = await answer.json().catch(() => undefined);
  if (answer.ok && document !== undefined) return document as T;
  if (isErrorAnswer(document)) throw refused(connection, answer.status, document);
  if (connection.isSigned && answer.status === 403) throw refusedByGateway(connection, document);
  throw new CommandError(
    'UnexpectedAnswerError',
    `${connection.url} answered ${answer.status} to ${method} ${path}, and not as a conductor does`,
    {
      hint: 'is this the URL of a conductor? Set --url or VERDIGRIS_URL',
      isRetryable: answer.status >= 502,
    },
  );
}

async function send(
  { url, token, actor, fetch }: Connection,
  method: string,
  path: string,
  body: object | undefined,
  limitMs: number,
): Promise<Response> {
  const headers = {
    accept: 'application/json',
    ...(token ? { authorization: `Bearer ${token.token}` } : {}),
    ...(actor ? { 'x-verdigris-actor': actor } : {}),
    ...(body ? { 'content-type': 'application/json' } : {}),
  };
  const signal = AbortSignal.timeout(limitMs);
  const options = { method, headers, signal, redirect: 'manual' as const };
  const request = body ? { ...options, body: JSON.stringify(body) } : options;
  try {
    return await fetch(`${url}${path}`, request);
  } catch (cause) {
    throw unreachable(url, cause, limitMs);
  }
}

function unreachable(url: string, cause: unknown, limitMs: number): CommandError {
  const { name, message, cause: inner } = cause as Error & { cause?: { code?: string } };
  const reason =
    name === 'TimeoutError' ? `no answer within ${limitMs / 1000} s` : (inner?.code ?? message);
  return new CommandError('ConnectionError', `cannot reach ${url} (${reason})`, {
    cause,
    hint: `is \`verdigris up\` running at ${url}? Set --url or VERDIGRIS_URL if it is elsewhere`,
    isRetryable: true,
  });
}

function isErrorAnswer(document: unknown): document is ErrorAnswer {
  const error = (document as ErrorAnswer | null | undefined)?.error;
  return typeof error?.name === 'string' && typeof error.message === 'string';
}

function refused(connection: Connection, status: number, { error }: ErrorAnswer): CommandError {
  return new CommandError(printableLine(error.name), error.message, {
    code: error.code,
    details: error.details,
    hint: status === 401 ? tokenHint(connection) : undefined,
    isRetryable: status === 503 || status === 429,
  });
}

/** API Gateway's own words, which are few: `{"message":"Forbidden"}`. */
function refusedByGateway({ url }: Connection, document: unknown): CommandError {
  const { message } = (document ?? {}) as { message?: unknown };
  return new CommandError(
    'ForbiddenError',
    `API Gateway lets these AWS credentials not in at ${url} (${printableLine(String(message))})`,
    { hint: 'do they belong to its account, and may they execute-api:Invoke? See docs/access.md' },
  );
}

function tokenHint({ url, token, isSigned }: Connection): string {
  if (isSigned) return `is ${url} a conductor on AWS? Elsewhere --token is the way in`;
  const where = '`verdigris up` writes it to .verdigris/token beside its verdigris.yml';
  return token
    ? `the token from ${token.source} is not the one of ${url}; ${where}`
    : `no token was found: set --token or VERDIGRIS_TOKEN, or run this below the directory of the conductor; ${where}`;
}
