import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Clock } from '../release/clock.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import { describeIssues } from '../release/issues.ts';
import { nearestName } from '../release/nearest.ts';
import { createCachedSecrets } from './cached.ts';
import { type Secrets, secretNamePattern, signingSecretName } from './secrets.ts';

const value = z.string({ error: 'needs a text in quotes' });

/** A `secrets.yml`: names with a value each, or with a list of two while one is being rotated. */
const secretsFileSchema = z
  .record(
    z.string(),
    z.union([value, z.array(value).min(1).max(2)], {
      error: 'needs a text, or a list of one or two, newest first',
    }),
  )
  .superRefine((given, { addIssue }) => {
    const message = 'needs 1 to 64 of a-z 0-9 -, not starting with -';
    for (const name of Object.keys(given)) {
      if (!secretNamePattern.test(name)) addIssue({ code: 'custom', path: [name], message });
    }
  });

/** Where this machine keeps its secrets. Paths are absolute. */
export interface LocalSecretFiles {
  /** A YAML file of names and values; null where there is none. */
  file: string | null;
  /** Where a file would be looked for, for messages. */
  expectedFile: string;
  /** The conductor's own secret, one value per line, newest first. */
  signingFile: string;
}

/** Secrets from files that only their owner can read. */
export function createLocalFileSecrets(
  files: LocalSecretFiles,
  { clock }: { clock: Clock },
): Secrets {
  return createCachedSecrets(async (name) => {
    if (name === signingSecretName) return linesOf(await readPrivate(files.signingFile));
    const secrets = files.file === null ? {} : await readSecretsFile(files.file);
    if (Object.hasOwn(secrets, name)) return secrets[name] ?? [];
    throw unknownSecret(name, Object.keys(secrets), files.file ?? files.expectedFile);
  }, clock);
}

/**
 * Reads a whole `secrets.yml`.
 * @throws ConfigInvalidError naming the file and, without any value, what is wrong with it.
 */
export async function readSecretsFile(file: string): Promise<Record<string, readonly string[]>> {
  const source = parseYaml(file, await readPrivate(file)) ?? {};
  const parsed = secretsFileSchema.safeParse(source);
  if (!parsed.success) {
    const issues = describeIssues(parsed.error, source, secretsFileSchema);
    const lines = issues.map(({ path, reason }) => `${path || 'file'}: ${reason}`);
    throw new VerdigrisError('ConfigInvalidError', `${file}: ${lines.join('; ')}`);
  }
  if (Object.hasOwn(parsed.data, signingSecretName)) {
    const reason = 'is made by the conductor itself; leave it out';
    throw new VerdigrisError('ConfigInvalidError', `${file}: ${signingSecretName}: ${reason}`);
  }
  const entries = Object.entries(parsed.data);
  return Object.fromEntries(entries.map(([name, given]) => [name, [given].flat()]));
}

/** Says where, and nothing of what stands there: it is a secret. */
function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text, { prettyErrors: false });
  } catch (error) {
    const [offset = 0] = (error as { pos?: number[] }).pos ?? [];
    const line = text.slice(0, offset).split('\n').length;
    throw new VerdigrisError('ConfigInvalidError', `${file}:${line}: is not valid YAML`);
  }
}

/** @throws ConfigInvalidError when it is missing, or anybody but its owner can read it. */
async function readPrivate(file: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    // Windows has no such bits: node tells 0666 of every file there.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw tooOpen(file, mode);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof VerdigrisError) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'does not exist; see docs/secrets.md' : messageOf(error);
    throw new VerdigrisError('ConfigInvalidError', `${file}: ${reason}`, { cause: error });
  }
}

function tooOpen(file: string, mode: number): VerdigrisError {
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  return new VerdigrisError(
    'ConfigInvalidError',
    `${file}: others can read it (mode ${bits}); run: chmod 600 ${file}`,
  );
}

function unknownSecret(name: string, known: string[], file: string): VerdigrisError {
  const nearest = nearestName(name, known);
  const hint = nearest ? `; did you mean "${nearest}"?` : '';
  return new VerdigrisError(
    'ConfigInvalidError',
    `there is no secret "${name}"; write it into ${file}${hint}`,
  );
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
