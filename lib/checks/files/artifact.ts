import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { VerdigrisError } from '../../release/errors.ts';
import { type CheckFiles, longestFileBytes, tooLong } from '../check-files.ts';

/** Reads files of the artifact that green was made of, where its process has them. */
export function createArtifactFiles(): CheckFiles {
  return {
    async read(location, { id, attributes: { directory } }) {
      if (location.startsWith('s3://'))
        throw invalid(location, 'cannot be read on this machine; name a file of the artifact');
      if (directory === undefined)
        throw invalid(location, `cannot be found: ${id} has no artifact on this machine`);
      return readInside(join(directory, 'app'), location);
    },
  };
}

async function readInside(folder: string, location: string): Promise<string> {
  const home = await realpath(folder).catch(missing(location));
  const file = await realpath(join(home, location)).catch(missing(location));
  if (!file.startsWith(home + sep)) throw invalid(location, 'is not inside the artifact');
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size > longestFileBytes) throw tooLong(location, size);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

function missing(location: string) {
  return (cause: unknown): never => {
    throw invalid(location, "is not among the artifact's files", cause);
  };
}

function invalid(location: string, reason: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('ConfigInvalidError', `${location} ${reason}`, { cause });
}
