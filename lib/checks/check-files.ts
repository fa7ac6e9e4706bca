import type { EnvironmentRef } from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';

/** Reads what a check goes by and is too long for a manifest. */
export interface CheckFiles {
  /**
   * The text of a file: one of green's artifact on this machine, an object `s3://bucket/key` on AWS.
   * @throws ConfigInvalidError when it is not there, too long, or cannot be there on this platform.
   */
  read(location: string, green: EnvironmentRef, abort: AbortSignal): Promise<string>;
}

/** Nothing longer is read. */
export const longestFileBytes = 16 * 1024 * 1024;

/** What a longer file is refused with. */
export function tooLong(location: string, bytes: number): VerdigrisError {
  const message = `${location} has ${bytes} bytes; at most ${longestFileBytes} are read`;
  return new VerdigrisError('ConfigInvalidError', message);
}
