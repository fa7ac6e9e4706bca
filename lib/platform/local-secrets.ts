import { join } from 'node:path';
import { createLocalFileSecrets, readSecretsFile } from '../secrets/local-file.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { randomIds, systemClock } from './clock.ts';
import { defaultSecretsFile, type LocalConfig } from './local-config.ts';
import { ensureSigningFile } from './local-token.ts';

/**
 * This machine's secrets. The file is read once before anything starts, so that one which others can
 * read, or nobody can, is told at once; what is changed in it later counts within a minute.
 * @throws ConfigInvalidError
 */
export async function openLocalSecrets(config: LocalConfig): Promise<Secrets> {
  const { secretsFile: file, baseDirectory, dataDirectory } = config;
  const makeSecret = () => randomIds.next() + randomIds.next() + randomIds.next();
  const signingFile = ensureSigningFile(dataDirectory, makeSecret);
  if (file !== null) await readSecretsFile(file);
  const expectedFile = join(baseDirectory, defaultSecretsFile);
  return createLocalFileSecrets({ file, expectedFile, signingFile }, { clock: systemClock });
}
