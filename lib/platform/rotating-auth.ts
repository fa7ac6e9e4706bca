import { createSharedToken, type SharedToken } from '../http/auth/shared-token.ts';
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
export function createRotatingAuth({ readToken, clock, log }: RotatingAuthDeps): SharedToken {
  let known: ReturnType<typeof createSharedToken> | null = null;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  async function read(): Promise<void> {
    triedAtMs = clock.now();
    try {
      known = createSharedToken(await readToken());
    } catch (error) {
      log.error('the API token could not be read', { reason: messageOf(error) });
    }
  }

  async function readIfOld(): Promise<void> {
    if (!known || clock.now() - triedAtMs >= believedMs) await read();
  }

  return {
    async authenticate(request) {
      if (!request.header('authorization')) return null;
      await readIfOld();
      const principal = known?.authenticate(request);
      if (principal) return principal;
      if (clock.now() - triedAtMs >= leastMs) await read();
      if (known) return known.authenticate(request);
      // The reason is in the log: whoever asks has not shown who they are.
      throw new VerdigrisError('ThrottledError', 'the API token cannot be read now; try again');
    },
    async current() {
      await readIfOld();
      return known?.current() ?? null;
    },
  };
}
