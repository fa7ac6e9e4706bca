import type { ErrorAnswer } from './types.ts';
import { capitalized } from './words/text.ts';

/**
 * Why a request did not succeed. The name is from the API's catalogue, `NetworkError` where no answer
 * came at all (`status` is 0 then), or `UnknownError` for an answer that is not the conductor's.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly details: Record<string, unknown>;
  /** Seconds after which the API wants to be asked again, or null. */
  readonly retryAfterSeconds: number | null;

  constructor(
    name: string,
    status: number,
    message: string,
    details: Record<string, unknown> = {},
    retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.name = name;
    this.status = status;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Whether the conductor could not be reached, rather than that it answered and said no. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 0 || (error.status >= 502 && error.name === 'UnknownError');
}

/** Reads from the conductor and asks things of it, as the person who is signed in. */
export interface Api {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
}

/** What the client needs of the browser. */
export interface ApiDeps {
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** The session is over: whoever hears it shows the sign-in page. */
  onSignedOut(): void;
}

/** An answer that takes longer is taken for lost. */
const patienceMs = 15_000;

/**
 * The client of the HTTP API. The cookie says who asks; the header that changes carry is one that no
 * other site can make a browser send.
 */
export function createApi({ fetch, onSignedOut }: ApiDeps): Api {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await reach(() => fetch(path, requestOf(method, body)));
    if (answer.ok) return answer.status === 204 ? (undefined as T) : await readAs<T>(answer);
    if (answer.status === 401 && path.startsWith('/api/')) onSignedOut();
    throw await errorOf(answer);
  };
  return {
    get: (path) => ask('GET', path),
    send: (method, path, body) => ask(method, path, body),
  };
}

function requestOf(method: string, body: unknown): RequestInit {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Verdigris-Console'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  return {
    method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(patienceMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

async function reach(ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch {
    throw new ApiError('NetworkError', 0, 'The conductor does not answer.');
  }
}

async function readAs<T>(answer: Response): Promise<T> {
  try {
    return (await answer.json()) as T;
  } catch {
    throw new ApiError('UnknownError', 502, 'The answer did not arrive in one piece.');
  }
}

async function errorOf(answer: Response): Promise<ApiError> {
  const { status } = answer;
  const seconds = Number(answer.headers.get('Retry-After'));
  const retryAfter = seconds > 0 ? seconds : null;
  const told = (await answer.json().catch(() => null)) as ErrorAnswer | null;
  if (!told?.error?.message) {
    return new ApiError('UnknownError', status, wordsFor(status), {}, retryAfter);
  }
  const { name, message, details } = told.error;
  return new ApiError(name, status, message, details, retryAfter);
}

/** For answers that do not come from the conductor, but from something before it. */
function wordsFor(status: number): string {
  if (status === 429) return 'Too many requests; wait a moment and try again.';
  if (status >= 500) return `The conductor could not answer (${status}).`;
  return `The request was refused (${status}).`;
}

/** What to tell a person of an error: the API's words, and when to try again where it says so. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const { message, retryAfterSeconds } = error;
  const again = retryAfterSeconds === null ? '' : ` Try again in ${retryAfterSeconds} s.`;
  return `${capitalized(message)}${again}`;
}
