import type { Clock } from '../release/clock.ts';
import { isNamed, VerdigrisError } from '../release/errors.ts';
import { leastSecretLength, type Secrets, type SecretValues } from './secrets.ts';

/** Values are believed this long. */
const believedMs = 60_000;
/** After a mismatch or a failure they are read anew, but not more often than this. */
const leastMs = 10_000;
/** While they can't be read, the last known ones count this long. */
const spareMs = 600_000;

/** How an adapter reads a secret: newest first, as it is kept, every time anew. */
export type LoadSecret = (name: string) => Promise<readonly string[]>;

interface Known {
  atMs: number;
  loaded: Promise<SecretValues>;
  /** Whether that ended in an error. */
  isFailed: boolean;
}

/**
 * Secrets that are read where they are kept at most every 10 seconds each, and believed for a minute.
 * While they can't be read, the last known values go on counting for ten minutes: a store that is down
 * must not silence everybody who signs.
 */
export function createCachedSecrets(load: LoadSecret, clock: Clock): Secrets {
  const known = new Map<string, Known>();
  const lastGood = new Map<string, { atMs: number; values: SecretValues }>();

  async function loadOrSpare(name: string): Promise<SecretValues> {
    try {
      const values = requireValues(name, await load(name));
      lastGood.set(name, { atMs: clock.now(), values });
      return values;
    } catch (error) {
      const spare = lastGood.get(name);
      const isSpared = spare !== undefined && clock.now() - spare.atMs < spareMs;
      if (isSpared && isNamed(error, 'SecretUnavailableError')) return spare.values;
      throw error;
    }
  }

  function remember(name: string): Promise<SecretValues> {
    const entry: Known = { atMs: clock.now(), loaded: loadOrSpare(name), isFailed: false };
    known.set(name, entry);
    entry.loaded.catch(() => {
      entry.isFailed = true;
    });
    return entry.loaded;
  }

  return {
    async read(name, { isMismatched = false } = {}) {
      const entry = known.get(name);
      const enoughMs = isMismatched || entry?.isFailed ? leastMs : believedMs;
      if (entry && clock.now() - entry.atMs < enoughMs) return entry.loaded;
      return remember(name);
    },
  };
}

/** @throws ConfigInvalidError for what is no secret: none, more than two, or one that can be guessed. */
function requireValues(name: string, values: readonly string[]): SecretValues {
  const [first, ...others] = values;
  if (first === undefined || others.length > 1) {
    throw unfit(name, `has ${values.length} values; one counts, or two while it is being rotated`);
  }
  const short = values.find((value) => value.length < leastSecretLength);
  if (short === undefined) return [first, ...others];
  const length = `has ${short.length} characters`;
  throw unfit(name, `${length}; use at least ${leastSecretLength} random ones`);
}

function unfit(name: string, reason: string): VerdigrisError {
  return new VerdigrisError('ConfigInvalidError', `the secret "${name}" ${reason}`);
}
