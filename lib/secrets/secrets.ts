/**
 * Secrets by name: what webhooks are signed with, what chat and paging services ask for, and what the
 * conductor signs its own links and sessions with. Values never reach a manifest, the ledger or a log.
 */
export interface Secrets {
  /**
   * The values that count now, newest first: one, or two while a secret is being rotated. Reading is
   * cheap and may be up to a minute behind; a value that was just replaced still counts.
   * @throws ConfigInvalidError when there is no secret of that name; the message says where it belongs.
   * @throws SecretUnavailableError, worth a repetition.
   */
  read(name: string): Promise<readonly [string, ...string[]]>;
}

/** What a manifest may call a secret. */
export const secretNamePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The conductor's own: its links and sessions are signed with it. */
export const signingSecretName = 'verdigris-signing';
