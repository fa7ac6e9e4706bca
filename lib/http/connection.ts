import type { Context } from 'hono';
import type { AuthRequest } from './authenticate.ts';

/** What a platform knows of a request besides what the client says: nobody can forge it. */
export type Connection = Pick<AuthRequest, 'awsCaller' | 'remoteAddress'>;

/** Reads it from what the platform gives with a request. */
export type ConnectionOf = (platform: unknown) => Connection;

/** For a platform that tells nothing. */
export const unknownConnection: ConnectionOf = () => ({ awsCaller: null, remoteAddress: null });

/** A request as authentication sees it. */
export function authRequestOf(c: Context, connectionOf: ConnectionOf): AuthRequest {
  return {
    method: c.req.method,
    path: c.req.path,
    header: (name) => c.req.header(name),
    ...connectionOf(c.env),
  };
}
