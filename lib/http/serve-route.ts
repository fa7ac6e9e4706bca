import type { Context } from 'hono';
import { isAllowed, isAllowedSomewhere, type Permission } from '../release/access.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AppEnv } from './app.ts';
import type { Operations } from './operations.ts';
import { parseJsonBody } from './request-body.ts';
import type { AnyRoute, Call } from './route.ts';
import { validate } from './validate.ts';

/**
 * Serves one route to a caller who is known: reads and validates what came, makes sure that they may,
 * and hands it to the route.
 * @throws RequestInvalidError, ForbiddenError, and whatever the route throws.
 */
export async function serveRoute(
  route: AnyRoute,
  c: Context<AppEnv>,
  operations: Operations,
): Promise<Response> {
  const principal = c.get('principal');
  const call: Call<unknown, unknown> = {
    params: c.req.param() as Record<string, string>,
    query: route.query ? validate(route.query, c.req.query(), 'query') : undefined,
    body: route.body ? validate(route.body, await readBody(c), 'body') : undefined,
    principal,
    operations,
    can: (permission, service) => isAllowed(principal.grants, permission, service),
  };
  await authorize(route, call);
  const { status = 200, body, headers = {} } = await route.handle(call);
  return c.json(body, status, headers);
}

async function readBody(c: Context): Promise<unknown> {
  const contentType = c.req.header('content-type');
  return parseJsonBody({ text: await c.req.text(), contentType });
}

async function authorize({ access }: AnyRoute, call: Call<unknown, unknown>): Promise<void> {
  const { permission, of } = access;
  if (of === 'some') {
    if (isAllowedSomewhere(call.principal.grants, permission)) return;
    throw forbidden(call, permission, null);
  }
  const service = await of(call);
  if (!call.can(permission, service)) throw forbidden(call, permission, service);
}

const rolesThatMay: Record<Permission, string> = {
  read: 'viewer',
  release: 'releaser or operator',
  approve: 'approver or operator',
  operate: 'operator',
};

function forbidden(
  { principal }: Call<unknown, unknown>,
  permission: Permission,
  service: string | null,
): VerdigrisError {
  const what = service ?? 'all services';
  return new VerdigrisError(
    'ForbiddenError',
    `${principal.actor} may not do this: it needs the role ${rolesThatMay[permission]} for ${what}`,
    { details: { permission, service } },
  );
}
