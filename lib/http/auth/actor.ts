import { createHash } from 'node:crypto';

/** Who asks, where the holder of the shared token does not say. */
const defaultActor = 'operator';

/** Names under which the conductor itself writes events, and that of somebody who gave none. */
const reserved: ReadonlySet<string> = new Set([
  'artifact',
  'conductor',
  'judge',
  'verdigris up',
  defaultActor,
]);

/** Whether only the conductor itself may write events under this name, in whatever case. */
export function isReservedActor(name: string): boolean {
  return reserved.has(name.trim().toLowerCase()) || name.includes(':');
}

/**
 * A name that the holder of the shared token gives: at most 64 of `A-Z a-z 0-9 . _ @ + -` and space;
 * the rest is dropped, so that nobody can pose as `alarm:…`.
 */
export function claimedActor(value: string | undefined): string {
  const name = cleaned(value ?? '', 64);
  return name === '' || isReservedActor(name) ? defaultActor : name;
}

/**
 * A name that somebody has proven. Two different ones never become the same: where one must be changed,
 * because it is reserved, too long or has other characters, it gets a `~` and a hash, and no name
 * that stays as it is has a `~`.
 */
export function provenActor(name: string): string {
  if (cleaned(name, 64) === name && name !== '' && !isReservedActor(name)) return name;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${cleaned(name, 48)}~${mark}`;
}

function cleaned(name: string, length: number): string {
  return name
    .replace(/[^A-Za-z0-9._@+ -]/g, '')
    .slice(0, length)
    .trim();
}
