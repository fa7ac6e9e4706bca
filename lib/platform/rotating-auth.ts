import type { Authenticate } from '../http/authenticate.ts';
import { createTokenAuth } from '../http/token-auth.ts';
import type { Clock } from '../release/clock.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import type { Logger } from '../release/logger.ts';

/** A token is believed this long; then it is read again. */
const believedMs = 300_000;
/** A token that does not match makes it be read again, but not more often than this. */
const leastMs = 30_000;

/** What the authentication needs. */
export interface RotatingAuthDeps {
  readToken(): Promise<string>;
  clock: Clock;
  log: Logger;
}

/**
 * Token authentication that follows a token which is changed elsewhere: the new one counts with its
 * first use, the old one for at most five minutes. Strangers who guess cost a read every 30 s.
 * @throws ThrottledError when no token could be read yet; while an older one is known, it goes on
 * being used.
 */
export function createRotatingAuth({ readToken, clock, log }: RotatingAuthDeps): Authenticate {
  let check: Authenticate | null = null;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  async function read(): Promise<void> {
    triedAtMs = clock.now();
    try {
      check = createTokenAuth(await readToken());
    } catch (error) {
      log.error('the API token could not be read', { reason: messageOf(error) });
    }
  }

  return async (request) => {
    if (!request.header('authorization')) return null;
    if (!check || clock.now() - triedAtMs >= believedMs) await read();
    const principal = await check?.(request);
    if (principal) return principal;
    if (clock.now() - triedAtMs >= leastMs) await read();
    if (check) return check(request);
    // The reason is in the log: whoever asks has not shown who they are.
    throw new VerdigrisError('ThrottledError', 'the API token cannot be read now; try again');
  };
}
