import { closeSync, fstatSync, readSync } from 'node:fs';
import { openRegular } from './regular-file.ts';

const tailBytes = 16_384;

/**
 * The last lines that were written to a log from byte `offset` on, at most 16 KiB of them. Empty when
 * there is no log.
 */
export function lastLines(file: string, offset: number, count: number): string[] {
  const lines = (recentText(file, offset, tailBytes) ?? '').split(/\r?\n/);
  return lines.filter((line) => line.trim() !== '').slice(-count);
}

/** What was written to a log from byte `offset` on, the last `bytes` of it; null when there is no log. */
export function recentText(file: string, offset: number, bytes: number): string | null {
  let descriptor: number;
  try {
    descriptor = openRegular(file);
  } catch {
    return null;
  }
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(offset, size - bytes, 0);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    const bytesRead = readSync(descriptor, buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    closeSync(descriptor);
  }
}
