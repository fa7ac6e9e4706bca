import { constants, type Dirent } from 'node:fs';
import { type FileHandle, open, opendir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Artifact } from '../../release/artifact.ts';
import {
  type CheckFiles,
  type Folder,
  longestFileBytes,
  mostFiles,
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
      const files = await filesBelow(home, directory);
      return files
        .map((entry) => path.relative(home, path.join(entry.parentPath, entry.name)))
        .map((name) => name.split(path.sep).join('/'))
        .sort();
    },
    async read(file) {
      const found = await findInside(root, file);
      return found === null ? null : readRegular(found, file);
    },
  };
}

/** As many entries of other kinds, folders for instance, are gone through as files may be there. */
const mostEntries = 2 * mostFiles;

/** Stops where there is too much: whoever runs there can put more there all the time. */
async function filesBelow(home: string, directory: string): Promise<Dirent[]> {
  const files: Dirent[] = [];
  let entries = 0;
  for await (const entry of await opendir(home, { recursive: true })) {
    entries += 1;
    if (entry.isFile()) files.push(entry);
    refuseTooMany(files.length, directory);
    if (entries > mostEntries)
      throw unreadable(directory, `has more than ${mostEntries} files and folders`);
  }
  return files;
}

/**
 * The text of a file, or null when it is none. What runs there may have put a pipe or a device in its
 * place, where an ordinary `open` waits for ever and takes a thread of the process with it.
 */
async function readRegular(found: string, name: string): Promise<string | null> {
  const file = await open(found, constants.O_RDONLY | constants.O_NONBLOCK).catch(nullIfNoFile);
  if (file === null) return null;
  try {
    const facts = await file.stat();
    if (!facts.isFile()) return null;
    refuseTooLong(facts.size, name);
    return (await readUpTo(file, longestFileBytes, name)).toString('utf8');
  } finally {
    await file.close();
  }
}

/** It may grow while it is read. */
async function readUpTo(file: FileHandle, mostBytes: number, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024));
    if (bytesRead === 0) return Buffer.concat(chunks);
    size += bytesRead;
    if (size > mostBytes) refuseTooLong(size, name);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

/** A socket can't be opened at all. */
function nullIfNoFile(error: NodeJS.ErrnoException): null {
  return error.code === 'ENXIO' ? null : nullIfMissing(error);
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
