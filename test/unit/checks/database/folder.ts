import type { Folder } from '../../../../lib/checks/database/folder.ts';

/** A folder that holds these files by their whole names. */
export function folderOf(files: Record<string, string>): Folder {
  return {
    place: 'the folder',
    async list(directory) {
      const prefix = `${directory}/`;
      const found = Object.keys(files).filter((name) => name.startsWith(prefix));
      return found.map((name) => name.slice(prefix.length)).sort();
    },
    read: async (file) => files[file] ?? null,
  };
}
