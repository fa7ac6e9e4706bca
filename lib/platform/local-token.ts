import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The API token of a data directory: made once, readable by its owner only (mode 0600). */
export function ensureToken(directory: string, makeToken: () => string): string {
  const file = join(directory, 'token');
  if (!existsSync(file)) writeFileSync(file, `${makeToken()}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}
