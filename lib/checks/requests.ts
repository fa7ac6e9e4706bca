import type { Timers } from '../release/clock.ts';
import type { EnvironmentRef } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';

/** So much of a body is read where nobody says otherwise; the rest never is. */
const defaultBytes = 1024 * 1024;

/** One request of a check. */
export interface CheckRequest {
  /** Absolute. */
  url: string;
  /** GET, unless said otherwise. */
  method?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
  /** The check's own `abort`: ends the request and the reading of its answer. */
  signal: AbortSignal;
  /** Of the body, so many bytes are read at most: 1 MiB, unless said otherwise. */
  mostBytes?: number | undefined;
}

/** What came back. A redirect is an answer like any other and not followed. */
export interface CheckResponse {
  status: number;
  headers: Headers;
  /** The body as UTF-8, as far as it was read. */
  body: string;
  /** The same in bytes, without content encoding. */
  bytes: Uint8Array;
  /** Whether there was more of the body than was read. */
  isCut: boolean;
  /** Milliseconds until the body was there, with one decimal. */
  latencyMs: number;
}

/**
 * Asks once.
 * @throws TypeError (of `fetch`) when no whole answer came, which {@link causeOf} puts in words; the
 * signal's reason when it aborted.
 */
export async function ask(request: CheckRequest): Promise<CheckResponse> {
  const { url, method = 'GET', headers = {}, body, signal, mostBytes = defaultBytes } = request;
  const startedAt = performance.now();
  const init = { method, headers, redirect: 'manual' as const, signal };
  const response = await fetch(url, body === undefined ? init : { ...init, body });
  const { bytes, isCut } = await readUpTo(response, mostBytes);
  const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
  const text = new TextDecoder().decode(bytes);
  return {
    status: response.status,
    headers: response.headers,
    body: text,
    bytes,
    isCut,
    latencyMs,
  };
}

async function readUpTo(
  response: Response,
  mostBytes: number,
): Promise<{ bytes: Uint8Array; isCut: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (size > mostBytes) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, mostBytes), isCut: size > mostBytes };
}

/** How patient {@link askSteadily} is. */
export interface Steadiness {
  timers: Timers;
  /** How often it asks at most: 3, unless said otherwise. */
  attempts?: number | undefined;
  /** Between two attempts: 0.2, unless said otherwise. */
  pauseSeconds?: number | undefined;
  /**
   * Whether a request that may have been served can be sent again. Unless said otherwise: when its method
   * is safe. One that never reached anybody, since the connection was refused, always can.
   */
  isRepeatable?: boolean | undefined;
}

/** An answer, and what went wrong before it. */
export interface SteadyResponse extends CheckResponse {
  /** Why the attempts before got no answer, in words; empty when the first one did. */
  problems: string[];
}

/**
 * Asks again where no answer came: a connection that broke says more of the way than of what is checked.
 * An answer of whatever status ends it.
 * @throws what {@link ask} throws, at the last attempt.
 */
export async function askSteadily(
  request: CheckRequest,
  { timers, attempts = 3, pauseSeconds = 0.2, isRepeatable }: Steadiness,
): Promise<SteadyResponse> {
  const problems: string[] = [];
  for (;;) {
    try {
      return { ...(await ask(request)), problems };
    } catch (error) {
      problems.push(causeOf(error));
      const isWorthIt = isRepeatable ?? (isSafe(request.method ?? 'GET') || wasRefused(error));
      if (!isWorthIt || problems.length >= attempts || request.signal.aborted) throw error;
      await pause(timers, pauseSeconds, request.signal);
      if (request.signal.aborted) throw error;
    }
  }
}

/** Whether a method asks only and changes nothing (RFC 9110, section 9.2.1). */
export function isSafe(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method.toUpperCase());
}

/** Why no answer came, in words. What `fetch` says itself is "fetch failed"; why is in the cause. */
export function causeOf(error: unknown): string {
  if (wasRefused(error)) return 'the connection was refused';
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
    return 'the time was up';
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined) return messageOf(error);
  return messageOf(cause) || String((cause as NodeJS.ErrnoException).code);
}

function wasRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
}

/** Base URL of an environment without a slash at its end; null when it has none to ask. */
export function addressOf({ address }: Pick<EnvironmentRef, 'address'>): string | null {
  return address?.replace(/\/+$/, '') ?? null;
}

/** Resolves after that many seconds, or at once when the check's time is up. */
export function pause(timers: Timers, seconds: number, abort: AbortSignal): Promise<void> {
  if (abort.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const finish = () => resolve();
  const cancel = timers.after(seconds * 1000, finish);
  abort.addEventListener('abort', finish, { once: true });
  return promise.finally(() => {
    cancel();
    abort.removeEventListener('abort', finish);
  });
}
