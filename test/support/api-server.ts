import { serve } from '@hono/node-server';
import type { ErrorAnswer } from '../../lib/http/api.ts';
import { type App, type AppDeps, createApp } from '../../lib/http/app.ts';
import { createSharedToken } from '../../lib/http/auth/shared-token.ts';
import type { AuthRequest } from '../../lib/http/authenticate.ts';
import type { Logger } from '../../lib/release/logger.ts';
import { assertDocumented } from './api-document.ts';
import { createFakeOperations, type FakeOperations } from './fakes/operations.ts';

/** The token that {@link createTestApp} accepts. */
export const testToken = 'test-token-0123456789abcdef';

/** A line that the application logged. */
export interface LogLine {
  level: 'info' | 'warn' | 'error';
  message: string;
  facts: Record<string, unknown>;
}

/**
 * The real application over fake operations, with what differs, and what it logged. Its answers are held
 * to the API's document, unless a route is made to fail as it never does.
 */
export function createTestApp(differs: Partial<AppDeps> = {}, { isDocumented = true } = {}) {
  const operations = createFakeOperations();
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (message: string, facts?: Record<string, unknown>) =>
    void lines.push({ level, message, facts: facts ?? {} });
  const log: Logger = { info: at('info'), warn: at('warn'), error: at('error') };
  const { authenticate } = createSharedToken(testToken);
  const app = createApp({
    operations,
    authenticate,
    log,
    version: '0.0.0-test',
    manifestSchema: () => ({ type: 'object' }),
    ...differs,
  });
  if (isDocumented) holdToDocument(app);
  return { app, operations, lines };
}

/** Makes `app.request` fail for an answer that the API's document does not describe. */
function holdToDocument(app: App): void {
  const request = app.request;
  app.request = async (input, init, ...rest) => {
    const answer = await request(input, init, ...rest);
    const { pathname } = new URL(String(input), 'http://localhost');
    await assertDocumented({ method: init?.method ?? 'GET', path: pathname }, answer);
    return answer;
  };
}

/** A request as authentication sees it, with these headers. */
export function authRequest(headers: Record<string, string> = {}): AuthRequest {
  const header = (name: string) => headers[name];
  return { method: 'GET', path: '/api/services', header, awsCaller: null, remoteAddress: null };
}

/** A JSON answer, as the test expects it. */
export async function jsonOf<T>(answer: Response): Promise<T> {
  return (await answer.json()) as T;
}

/** The error of an answer that is not a success. */
export async function errorOf(answer: Response): Promise<ErrorAnswer['error']> {
  return (await jsonOf<ErrorAnswer>(answer)).error;
}

/** A running API on a port of its own. */
export interface TestApi {
  url: string;
  operations: FakeOperations;
  lines: LogLine[];
  close(): Promise<void>;
}

/** Serves {@link createTestApp} on 127.0.0.1. */
export async function startTestApi(): Promise<TestApi> {
  const { app, operations, lines } = createTestApp();
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (address) =>
    resolve(address.port),
  );
  const url = `http://127.0.0.1:${await promise}`;
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  return { url, operations, lines, close };
}
