import type { Context } from 'hono';
import type { RawBody } from '../request-body.ts';

/** The body of a request, which the size limit has already let through. */
export async function rawBody(c: Context): Promise<RawBody> {
  return { text: await c.req.text(), contentType: c.req.header('content-type') };
}
