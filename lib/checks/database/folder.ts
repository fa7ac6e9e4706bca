import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** Files that can be listed and read, wherever they are. */
export interface Folder {
  /** Where, for people. */
  place: string;
  /** Names of all files in a folder in it and below, with `/` between parts; none when it is not there. */
  list(directory: string): Promise<string[]>;
  /** The text of a file, or null when it is not there. @throws Error when it cannot be read. */
  read(file: string): Promise<string | null>;
}

/** More files than this are no folder of migrations. */
export const mostFiles = 5000;
/** A larger file is not read. */
export const largestFileBytes = 8 * 1024 * 1024;

/** A folder on this machine. `root` is absolute. */
export function createLocalFolder(root: string): Folder {
  return {
    place: root,
    async list(directory) {
      const home = path.join(root, directory);
      const entries = await readdir(home, { recursive: true, withFileTypes: true }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return [];
          throw error;
        },
      );
      const files = entries.filter((entry) => entry.isFile());
      refuseTooMany(files.length, home);
      return files
        .map((entry) => path.relative(home, path.join(entry.parentPath, entry.name)))
        .map((name) => name.split(path.sep).join('/'))
        .sort();
    },
    async read(file) {
      const full = path.join(root, file);
      try {
        refuseTooLarge((await stat(full)).size, full);
        return await readFile(full, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
  };
}

/** @throws Error */
export function refuseTooMany(count: number, place: string): void {
  if (count > mostFiles)
    throw new Error(`${place} has ${count} files; at most ${mostFiles} are read`);
}

/** @throws Error */
export function refuseTooLarge(bytes: number, file: string): void {
  if (bytes > largestFileBytes)
    throw new Error(`${file} has ${bytes} bytes; at most ${largestFileBytes} are read`);
}
