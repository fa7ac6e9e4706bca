import type { Context } from 'hono';
import { isAllowed, isAllowedSomewhere } from '../release/access.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AppEnv } from './app.ts';
import type { Principal } from './authenticate.ts';
import { createChangeFeed } from './change-feed.ts';
import type { Change, Changes } from './changes.ts';

/** A browser opens six connections to a host at most; a person's streams must leave some of them. */
export const streamsPerCaller = 4;
/** Of all callers together. */
export const mostStreams = 200;

/**
 * Answers `GET /api/stream`: what changes, to whoever may read the service, as it happens.
 * @throws ForbiddenError, RateLimitedError
 */
export function createStream(changes: Changes): (c: Context<AppEnv>) => Response {
  const open = new Map<string, number>();

  const enter = (principal: Principal): (() => void) => {
    const caller = `${principal.via} ${principal.actor}`;
    const count = open.get(caller) ?? 0;
    const total = [...open.values()].reduce((sum, it) => sum + it, 0);
    if (count >= streamsPerCaller || total >= mostStreams) throw tooMany(principal, count);
    open.set(caller, count + 1);
    return () => {
      const left = (open.get(caller) ?? 1) - 1;
      if (left > 0) open.set(caller, left);
      else open.delete(caller);
    };
  };

  return (c) => {
    const principal = c.get('principal');
    const { grants } = principal;
    if (!isAllowedSomewhere(grants, 'read')) throw forbidden(principal);
    const headers = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };
    // A stream that nobody reads would stay open.
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    const isVisible = ({ service }: Change) =>
      service === null || isAllowed(grants, 'read', service);
    const onEnd = enter(principal);
    return c.body(createChangeFeed({ changes, isVisible, onEnd }), 200, headers);
  };
}

function tooMany({ actor }: Principal, count: number): VerdigrisError {
  const whose = count >= streamsPerCaller ? `${actor} has ${count}` : 'there are enough';
  return new VerdigrisError(
    'RateLimitedError',
    `${whose} streams open already; close one, or ask GET /api/releases now and then`,
  );
}

function forbidden({ actor }: Principal): VerdigrisError {
  return new VerdigrisError(
    'ForbiddenError',
    `${actor} may not do this: it needs the role viewer for some service`,
    { details: { permission: 'read', service: null } },
  );
}
