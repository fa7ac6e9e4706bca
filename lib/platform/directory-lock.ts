import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VerdigrisError } from '../release/errors.ts';

/**
 * Claims a data directory for this process. The claim of a process that is gone is taken over.
 * @returns a function that gives it back.
 * @throws ConfigInvalidError when another conductor runs there.
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'conductor.pid');
  const owner = readOwner(file);
  if (owner && owner !== process.pid && isAlive(owner)) {
    throw new VerdigrisError(
      'ConfigInvalidError',
      `${directory} is in use by the conductor with process id ${owner}; stop it, or use another data directory`,
    );
  }
  writeFileSync(file, `${process.pid}\n`);
  return () => {
    if (readOwner(file) === process.pid) rmSync(file, { force: true });
  };
}

function readOwner(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
