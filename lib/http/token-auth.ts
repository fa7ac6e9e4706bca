import { createHash, timingSafeEqual } from 'node:crypto';
import type { Grant } from '../release/access.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { Authenticate } from './authenticate.ts';

/** Who asks, where the caller does not say. */
const defaultActor = 'operator';

/** Who has the token can do what the conductor can do. */
const everything: readonly Grant[] = [{ role: 'operator', services: '*' }];

/** Names under which the conductor itself writes events; a caller cannot borrow them. */
const reservedActors: ReadonlySet<string> = new Set(['conductor', 'artifact', 'judge']);

/**
 * Authentication with one shared token: `Authorization: Bearer <token>`, compared in constant time.
 * Whoever has the token is believed about `x-verdigris-actor`, the name that events and approvals
 * carry.
 *
 * @throws ConfigInvalidError when the token is shorter than 16 characters, which makes guessing
 * worthwhile.
 */
export function createTokenAuth(token: string): Authenticate {
  if (token.length < 16) {
    throw new VerdigrisError(
      'ConfigInvalidError',
      `the API token has ${token.length} characters; use at least 16 random ones`,
    );
  }
  const expected = sha256(token);
  return ({ header }) => {
    const given = /^Bearer +(\S+) *$/i.exec(header('authorization') ?? '')?.[1] ?? '';
    if (!timingSafeEqual(sha256(given), expected)) return null;
    const actor = actorFrom(header('x-verdigris-actor'));
    return { actor, via: 'shared-token', grants: everything };
  };
}

/**
 * A name fit for events: at most 64 of `A-Z a-z 0-9 . _ @ + -` and space; the rest is dropped, so
 * that nobody can pose as `alarm:…`.
 */
export function actorFrom(value: string | undefined): string {
  const name = (value ?? '')
    .replace(/[^A-Za-z0-9._@+ -]/g, '')
    .slice(0, 64)
    .trim();
  return name === '' || reservedActors.has(name) ? defaultActor : name;
}

/** Equal lengths, whatever was sent: the comparison cannot tell how long the token is. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
