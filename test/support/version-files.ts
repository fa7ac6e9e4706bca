import type { CheckFiles, Folder } from '../../lib/checks/check-files.ts';

/** A folder that holds these files by their whole names, each of which begins with `prefix`. */
export function folderOf(files: Readonly<Record<string, string>>, prefix = ''): Folder {
  return {
    place: 'the folder',
    async list(directory) {
      const start = `${prefix}${directory}/`;
      const found = Object.keys(files).filter((name) => name.startsWith(start));
      return found.map((name) => name.slice(start.length)).sort();
    },
    read: async (file) => files[prefix + file] ?? null,
  };
}

/** Files of every version by their names, and objects by their addresses: `s3://bucket/key`. */
export function checkFilesOf(files: Readonly<Record<string, string>>): CheckFiles {
  return {
    async open(place) {
      const isBucket = 'bucket' in place;
      return folderOf(files, isBucket ? `s3://${place.bucket}/${place.keyPrefix}` : '');
    },
  };
}
