import { gzipSync } from 'node:zlib';

/** One entry of a tar file, good or bad. */
export interface TarEntry {
  path: string;
  /** `0` file, `1` hard link, `2` symbolic link, `3` character device, `5` directory, `x` pax header. */
  type?: string;
  linkpath?: string;
  content?: string;
  mode?: number;
}

/** A gzipped tar file with exactly these entries, however malicious they are. */
export function tgz(entries: readonly TarEntry[]): Buffer {
  return gzipSync(tar(entries));
}

/** The same without compression. */
export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(blocksOf), Buffer.alloc(1024)]);
}

function blocksOf({
  path,
  type = '0',
  linkpath = '',
  content = '',
  mode = 0o644,
}: TarEntry): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(path, 0, 100);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(body.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkpath, 157, 100);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
