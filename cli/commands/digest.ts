import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CommandError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import type { Io } from '../io.ts';

/** Prints a file's sha256 as `release --digest` takes it. */
export async function digest(io: Io, path: string, isJson: boolean): Promise<number> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(resolve(io.cwd, path)), hash);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'EISDIR' ? 'is a directory; pack it into a .tgz first' : `cannot be read (${code})`;
    throw new CommandError('ArtifactInvalidError', `${path}: ${reason}`, { code: 'VG102', cause });
  }
  const value = `sha256:${hash.digest('hex')}`;
  io.stdout.write(`${isJson ? JSON.stringify({ path, digest: value }) : value}\n`);
  return exitCodes.done;
}
