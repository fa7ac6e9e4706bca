import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The API token of a data directory: made once, readable by its owner only (mode 0600). */
export function ensureToken(directory: string, makeToken: () => string): string {
  const file = ensurePrivateFile(join(directory, 'token'), makeToken);
  return readFileSync(file, 'utf8').trim();
}

/** The file that holds the conductor's own signing secret, made as {@link ensureToken} does. */
export function ensureSigningFile(directory: string, makeSecret: () => string): string {
  return ensurePrivateFile(join(directory, 'verdigris-signing'), makeSecret);
}

function ensurePrivateFile(file: string, makeText: () => string): string {
  if (!existsSync(file)) writeFileSync(file, `${makeText()}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}
