import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError } from '../errors.ts';

/** @throws CommandError that names the file */
export async function readText(file: string, cwd: string): Promise<string> {
  return readFile(resolve(cwd, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(`${file}: cannot be read (${cause.code})`, cause);
  });
}

/** What is wrong with a file of samples: `file:line: reason`. */
export function unreadable(message: string, cause?: unknown): CommandError {
  return new CommandError('SamplesInvalidError', message, { cause });
}
