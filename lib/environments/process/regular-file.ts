import { closeSync, constants, fstatSync, openSync } from 'node:fs';

/**
 * Opens a file to read it. The process of an environment may have put a pipe in its place: an ordinary
 * `open` would wait for a writer for ever, and the conductor with it.
 * @returns its descriptor, which the caller closes.
 * @throws the file system's own error, and Error when it is no regular file.
 */
export function openRegular(file: string): number {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new Error(`${file} is no regular file`);
}
