import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const tailBytes = 16_384;

/**
 * The last lines that were written to a log from byte `offset` on, at most 16 KiB of them. Empty when
 * there is no log.
 */
export function lastLines(file: string, offset: number, count: number): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(offset, size - tailBytes, 0);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    const bytesRead = readSync(descriptor, buffer, 0, buffer.length, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/);
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    closeSync(descriptor);
  }
}
