import { VerdigrisError } from '../../release/errors.ts';
import type { Ports } from '../ports.ts';
import { isKeptOutByRetirement } from '../retire.ts';

/** A retirement has the lock while it looks at the route and begins: this is more than it takes. */
const attempts = 20;
const pauseMs = 100;

/**
 * Does what needs a service's lock, waiting while an old environment is just being removed: whoever
 * asks for a rollback is not sent away for that.
 * @throws ThrottledError when it takes longer than two seconds, and whatever `take` throws.
 */
export async function pastRetirements<T>(ports: Ports, take: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await take();
    } catch (error) {
      if (!isKeptOutByRetirement(error)) throw error;
      if (tried >= attempts) throw stillBusy(error);
      await new Promise<void>((resolve) => ports.timers.after(pauseMs, resolve));
    }
  }
}

function stillBusy(cause: unknown): VerdigrisError {
  const message = 'an old environment is just being removed; ask again in a few seconds';
  return new VerdigrisError('ThrottledError', message, { cause });
}
