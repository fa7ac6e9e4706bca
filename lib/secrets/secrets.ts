/**
 * Secrets by name: what webhooks are signed with, what chat and paging services ask for, and what the
 * conductor signs its own links and sessions with. Values never reach a manifest, the ledger or a log.
 */
export interface Secrets {
  /**
   * The values that count now, newest first: one, or two while a secret is being rotated. Reading is
   * cheap and may be up to a minute behind; a value that was just replaced still counts.
   * @param options `isMismatched` says that none of the values that were just read fitted. They are then
   * read anew, unless that has happened within the last 10 seconds.
   * @throws ConfigInvalidError when there is no secret of that name; the message says where it belongs.
   * @throws SecretUnavailableError, worth a repetition.
   */
  read(name: string, options?: { isMismatched?: boolean }): Promise<SecretValues>;
}

/** Newest first: one, or two while a secret is being rotated. */
export type SecretValues = readonly [string, ...string[]];

/** What a manifest may call a secret. */
export const secretNamePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The conductor's own: its links and sessions are signed with it. */
export const signingSecretName = 'verdigris-signing';

/**
 * Whether a configuration may use the secret of that name: the conductor's own goes to nobody, and signs
 * nothing that somebody else chose.
 */
export function isForOthers(name: string): boolean {
  return name !== signingSecretName;
}

/** Why it may not. */
export const notForOthers = "is the conductor's own; name another one";

/** A shorter value would make guessing worthwhile. */
export const leastSecretLength = 16;

/**
 * Whether a value of a secret fits. Where none does, the secret may have been changed a moment ago, so
 * it is read anew, as often as {@link Secrets.read} lets that happen.
 * @throws ConfigInvalidError, SecretUnavailableError as `read` does.
 */
export async function isAnySecret(
  secrets: Secrets,
  name: string,
  fits: (value: string) => boolean | Promise<boolean>,
): Promise<boolean> {
  const values = await secrets.read(name);
  if (await isSome(values, fits)) return true;
  const anew = await secrets.read(name, { isMismatched: true });
  const others = anew.filter((value) => !values.includes(value));
  return isSome(others, fits);
}

async function isSome(
  values: readonly string[],
  fits: (value: string) => boolean | Promise<boolean>,
): Promise<boolean> {
  for (const value of values) if (await fits(value)) return true;
  return false;
}
