import { createHash, timingSafeEqual } from 'node:crypto';
import type { Grant } from '../../release/access.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { AuthRequest, Principal } from '../authenticate.ts';
import { claimedActor } from './actor.ts';
import { bearerOf } from './credentials.ts';

/** Who has the token can do what the conductor can do. */
const everything: readonly Grant[] = [{ role: 'operator', services: '*' }];

/** The one token that whoever runs the conductor has. */
export interface SharedToken {
  authenticate(request: AuthRequest): Principal | null | Promise<Principal | null>;
  /** As it is now, at most five minutes behind; null when it cannot be read. */
  current(): string | null | Promise<string | null>;
}

/**
 * Authentication with one shared token: `Authorization: Bearer <token>`, compared in constant time.
 * Whoever has the token is believed about `x-verdigris-actor`, the name that events and approvals
 * carry.
 *
 * @throws ConfigInvalidError when the token is shorter than 16 characters, which makes guessing
 * worthwhile.
 */
export function createSharedToken(token: string) {
  if (token.length < 16) {
    throw new VerdigrisError(
      'ConfigInvalidError',
      `the API token has ${token.length} characters; use at least 16 random ones`,
    );
  }
  const expected = sha256(token);
  return {
    authenticate(request: AuthRequest): Principal | null {
      const given = bearerOf(request) ?? '';
      if (!timingSafeEqual(sha256(given), expected)) return null;
      return sharedPrincipal(claimedActor(request.header('x-verdigris-actor')));
    },
    current: () => token,
  } satisfies SharedToken;
}

/** The holder of the shared token, by the name that they give. */
export function sharedPrincipal(actor: string): Principal {
  return { actor, via: 'shared-token', grants: everything };
}

/** Equal lengths, whatever was sent: the comparison cannot tell how long the token is. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
