import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CommandError, usageError } from './errors.ts';
import type { Io } from './io.ts';

/** The token and where it was found, for error messages that help. */
export interface FoundToken {
  token: string;
  source: string;
}

/**
 * The API token: `--token`, else VERDIGRIS_TOKEN, else the nearest `.verdigris/token` from the
 * working directory upwards, else none.
 * @throws CommandError (usage) for a token that is empty, or that no header can carry.
 */
export async function findToken(
  given: string | undefined,
  { env, cwd }: Pick<Io, 'env' | 'cwd'>,
): Promise<FoundToken | null> {
  const named = [
    { token: given?.trim(), source: '--token' },
    { token: env.VERDIGRIS_TOKEN?.trim(), source: 'VERDIGRIS_TOKEN' },
  ].find(({ token }) => token !== undefined);
  // A job whose secret is missing must not get the rights of whoever runs the conductor.
  if (named?.token === '') throw emptyToken(named.source);
  const found = named?.token
    ? { token: named.token, source: named.source }
    : await searchUpwards(cwd);
  if (found && !/^[\x21-\x7e]+$/.test(found.token)) {
    throw usageError(`the token from ${found.source} has characters that no token has`);
  }
  return found;
}

function emptyToken(source: string): CommandError {
  return usageError(
    `${source} is set, and empty: is a secret missing? Leave it out to use the nearest .verdigris/token`,
  );
}

async function searchUpwards(directory: string): Promise<FoundToken | null> {
  const source = join(directory, '.verdigris', 'token');
  const token = (await readFile(source, 'utf8').catch(() => '')).trim();
  if (token !== '') return { token, source };
  const parent = dirname(directory);
  return parent === directory ? null : searchUpwards(parent);
}
