import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The digest of an artifact as `artifact.digest` names it: `sha256:` and 64 hex digits. Of a file it is
 * that of its bytes, so `sha256sum` gives the same; of a directory see {@link digestOfDirectory}.
 * @throws the file system's own error when the path cannot be read.
 */
export async function digestOf(path: string): Promise<string> {
  const facts = await stat(path);
  return facts.isDirectory() ? digestOfDirectory(path) : digestOfFile(path);
}

/** sha256 of a file's bytes. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await addFile(hash, path);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * sha256 of a directory's files, the same on every machine. For each file, in the order of their
 * relative paths (with `/`, compared as UTF-8 bytes), it takes `file`, a zero byte, the path, a zero
 * byte, the size in bytes as decimal digits, a zero byte, and the bytes. A symbolic link counts as
 * `link`, zero byte, path, zero byte, target, zero byte. Empty directories, modes and times do not count.
 */
export async function digestOfDirectory(directory: string): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, isLink } of await listFiles(directory)) {
    const absolute = join(directory, path);
    if (isLink) {
      hash.update(`link\0${path}\0${await readlink(absolute)}\0`);
      continue;
    }
    hash.update(`file\0${path}\0${(await stat(absolute)).size}\0`);
    await addFile(hash, absolute);
  }
  return `sha256:${hash.digest('hex')}`;
}

interface ListedFile {
  path: string;
  isLink: boolean;
}

async function listFiles(directory: string): Promise<ListedFile[]> {
  const found: ListedFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(directory, folder), { withFileTypes: true })) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) await walk(path);
      else found.push({ path, isLink: entry.isSymbolicLink() });
    }
  };
  await walk('');
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

async function addFile(hash: Hash, path: string): Promise<void> {
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
}
