import type { Context } from 'hono';
import { isAllowed, isAllowedSomewhere } from '../release/access.ts';
import type { AppEnv } from './app.ts';
import { forbidden } from './forbidden.ts';
import type { Operations } from './operations.ts';
import { parseJsonBody } from './request-body.ts';
import type { AnyRoute, Call, Offers } from './route.ts';
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
  offers: Offers,
): Promise<Response> {
  const principal = c.get('principal');
  const call: Call<unknown, unknown> = {
    params: c.req.param() as Record<string, string>,
    query: route.query ? validate(route.query, c.req.query(), 'query') : undefined,
    body: route.body ? validate(route.body, await readBody(c), 'body') : undefined,
    principal,
    operations,
    offers,
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
