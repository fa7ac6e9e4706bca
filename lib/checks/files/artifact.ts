import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Artifact } from '../../release/artifact.ts';
import {
  type CheckFiles,
  type Folder,
  refuseTooLong,
  refuseTooMany,
  unreadable,
} from '../check-files.ts';

/**
 * Files of artifacts on this machine: where a process has them, or where they wait to be released.
 * @param baseDirectory absolute: what an artifact's relative path is relative to
 */
export function createArtifactFiles(baseDirectory: string): CheckFiles {
  return {
    async open(place) {
      if ('bucket' in place)
        throw unreadable(`s3://${place.bucket}/${place.keyPrefix}`, 'can be read on AWS only');
      if ('uri' in place) return createFolder(await folderOf(place, baseDirectory));
      const { id, kind, attributes } = place;
      if (kind !== 'process' || attributes.directory === undefined)
        throw unreadable(id, 'has no artifact on this machine');
      return createFolder(path.join(attributes.directory, 'app'));
    },
  };
}

async function folderOf({ uri }: Artifact, baseDirectory: string): Promise<string> {
  const isElsewhere = /^(?!file:)[a-z][a-z0-9+.-]+:/i.test(uri);
  if (isElsewhere) throw unreadable(uri, 'is not on this machine');
  const place = /^file:/i.test(uri) ? fileURLToPath(uri) : path.resolve(baseDirectory, uri);
  const isFolder = (await stat(place).catch(() => null))?.isDirectory() ?? false;
  if (!isFolder) throw unreadable(uri, 'is no folder; its files can be read once it is unpacked');
  return place;
}

/** Links are followed as long as they stay inside. */
function createFolder(root: string): Folder {
  return {
    place: root,
    async list(directory) {
      const home = await findInside(root, directory);
      if (home === null || !(await stat(home)).isDirectory()) return [];
      const entries = await readdir(home, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      refuseTooMany(files.length, directory);
      return files
        .map((entry) => path.relative(home, path.join(entry.parentPath, entry.name)))
        .map((name) => name.split(path.sep).join('/'))
        .sort();
    },
    async read(file) {
      const found = await findInside(root, file);
      const facts = found === null ? null : await stat(found);
      if (found === null || !facts?.isFile()) return null;
      refuseTooLong(facts.size, file);
      return readFile(found, 'utf8');
    },
  };
}

/** Where a path leads in the end; null when that is nowhere. @throws ConfigInvalidError when it is outside. */
async function findInside(root: string, location: string): Promise<string | null> {
  const home = await realpath(root).catch(nullIfMissing);
  const found = home && (await realpath(path.join(home, location)).catch(nullIfMissing));
  if (home === null || found === null) return null;
  if (found !== home && !found.startsWith(home + path.sep))
    throw unreadable(location, 'is not inside the artifact');
  return found;
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
