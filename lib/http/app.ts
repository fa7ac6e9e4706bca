import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { JsonObject } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import { apiVersion, bodyLimitBytes, type HealthAnswer } from './api.ts';
import { addSignIn } from './auth/add-sign-in.ts';
import type { SignIn } from './auth/identity.ts';
import type { Authenticate, Principal } from './authenticate.ts';
import type { Changes } from './changes.ts';
import { authRequestOf, type ConnectionOf, unknownConnection } from './connection.ts';
import { addConsole, type ConsoleFiles } from './console.ts';
import { refusalOf } from './error-answer.ts';
import { addLinks, type LinkParts } from './links.ts';
import { addApiDocument } from './openapi/serve.ts';
import type { Operations } from './operations.ts';
import type { Offers } from './route.ts';
import { apiRoutes } from './routes/index.ts';
import { serveRoute } from './serve-route.ts';
import { addWebhooks, type WebhookDeps } from './webhooks.ts';

/** What the application needs. */
export interface AppDeps {
  operations: Operations;
  authenticate: Authenticate;
  /** Where a request comes from, by what the platform tells; nothing is known if absent. */
  connectionOf?: ConnectionOf;
  /** How browsers sign in; without it there are no doors under /auth. */
  signIn?: SignIn;
  /** What links from messages are taken with; without it there is no door for them. */
  links?: LinkParts;
  log: Logger;
  /** Of Verdigris, for `GET /healthz`. */
  version: string;
  /** The manifest's JSON schema, for `GET /api/schema` and the API's own document. */
  manifestSchema: () => JsonObject | Promise<JsonObject>;
  /** The web page for people, where the platform has it; asked for when somebody wants to see it. */
  console?: () => Promise<ConsoleFiles>;
  /** For `GET /api/stream`, where the platform can hold one open. */
  changes?: Changes;
  /** Without it nobody answers under `/webhooks`. */
  webhooks?: WebhookDeps;
}

/** What a handler finds in its context once the request is authenticated. */
export interface AppEnv {
  Variables: { principal: Principal };
}

/** The application, or a part of it. */
export type App = Hono<AppEnv>;

/**
 * The HTTP API as one fetch function, `app.fetch`: served by @hono/node-server on one machine and by
 * hono's aws-lambda adapter on AWS. Everything under `/api` asks for a token first.
 *
 * @example
 * const app = createApp({ operations, ...identity, log, version, manifestSchema });
 * serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 7420 });
 */
export function createApp(deps: AppDeps): App {
  const app: App = new Hono();
  app.onError((error, c) => refuse(c, error, deps.log));
  app.notFound((c) => refuse(c, unknownRoute(c), deps.log));
  addManners(app);
  addApiDocument(app, deps);
  addGuards(app, deps);
  addFrontPage(app, deps);
  app.get('/healthz', (c) =>
    c.json<HealthAnswer>({ status: 'ok', version: deps.version, api: apiVersion }),
  );
  app.get('/api/schema', async (c) => c.json(await deps.manifestSchema()));
  if (deps.changes) addStream(app, deps.changes);
  const { signIn, authenticate, connectionOf = unknownConnection } = deps;
  if (signIn) addSignIn(app, { signIn, authenticate, connectionOf });
  const offers: Offers = { stream: deps.changes !== undefined };
  for (const route of apiRoutes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), path, (c) => serveRoute(route, c, deps.operations, offers));
  }
  const { operations, log, webhooks, links } = deps;
  if (webhooks) addWebhooks(app, { ...webhooks, operations, log });
  if (links) addLinks(app, { parts: links, operations, log });
  return app;
}

function addFrontPage(app: App, deps: AppDeps): void {
  if (deps.console) {
    addConsole(app, deps.console);
    return;
  }
  const text = `Verdigris ${deps.version}. The API is under /api, see GET /healthz.\n`;
  app.get('/', (c) => c.text(text));
}

/**
 * Who asks is known by then, as for every route below `/api`. It is no route of the table, because its
 * answer does not end.
 */
function addStream(app: App, changes: Changes): void {
  let stream: ((c: Context<AppEnv>) => Response) | undefined;
  app.get('/api/stream', async (c) => {
    stream ??= (await import('./stream.ts')).createStream(changes);
    return stream(c);
  });
}

/** What every answer goes through, outermost first. */
function addManners(app: App): void {
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
  });
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, allowed) => wrongMethod(c, allowed) }));
}

/** What every request to the API goes through that is made after this. */
function addGuards(app: App, deps: AppDeps): void {
  const { connectionOf = unknownConnection } = deps;
  app.use('/api/*', async (c, next) => {
    const principal = await deps.authenticate(authRequestOf(c, connectionOf));
    if (!principal) throw unauthorized();
    c.set('principal', principal);
    await next();
  });
  for (const path of ['/api/*', '/auth/*', '/approve']) {
    app.use(path, bodyLimit({ maxSize: bodyLimitBytes, onError: tooLarge }));
  }
}

function refuse(c: Context, error: unknown, log: Logger): Response {
  const refusal = refusalOf(error);
  const facts = { method: c.req.method, path: c.req.path, status: refusal.status };
  if (hasHungUp(c, error)) {
    log.info('the client hung up', facts);
  } else if (refusal.isUnexpected) {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error('request failed unexpectedly', { ...facts, reason: messageOf(error), stack });
  } else {
    const told = { ...facts, error: refusal.body.error.name };
    if (refusal.isAboutRights) log.warn('request refused', told);
    else log.info('request refused', told);
  }
  return c.json(refusal.body, refusal.status as ContentfulStatusCode, refusal.headers);
}

/** A body that never came whole, from a client that left or was sent away: nobody gets this answer. */
function hasHungUp(c: Context, error: unknown): boolean {
  const isReset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  return isReset && c.req.raw.signal.aborted;
}

/** One answer for a missing, malformed and wrong token. */
function unauthorized(): VerdigrisError {
  return new VerdigrisError(
    'UnauthorizedError',
    'this route needs a valid token: Authorization: Bearer <token>',
  );
}

function unknownRoute(c: Context): VerdigrisError {
  return new VerdigrisError('RouteUnknownError', `${c.req.method} ${c.req.path}: no such route`);
}

function wrongMethod(c: Context, allowed: readonly string[]): Response {
  const list = allowed.join(', ');
  const { body } = refusalOf(
    new VerdigrisError(
      'RouteUnknownError',
      `${c.req.method} ${c.req.path}: this path answers to ${list}`,
    ),
  );
  return c.json(body, 405, { Allow: list });
}

function tooLarge(): never {
  throw new VerdigrisError(
    'RequestTooLargeError',
    `body: is larger than ${bodyLimitBytes} bytes, which is all that fits`,
  );
}
