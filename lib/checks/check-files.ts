import { z } from 'zod';
import type { Artifact } from '../release/artifact.ts';
import type { EnvironmentRef } from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';

/** Objects of a bucket whose keys begin alike. */
export interface BucketPlace {
  bucket: string;
  /** With the slash at its end, where it is meant as a folder. */
  keyPrefix: string;
}

/** Files that can be listed and read, wherever they are. Names have `/` between their parts. */
export interface Folder {
  /** Where, for people. */
  place: string;
  /**
   * Names of all files in a folder in it and below, sorted; none when it is not there.
   * @throws ConfigInvalidError when it leads out of the artifact, has too many or may not be looked into;
   * ThrottledError
   */
  list(directory: string): Promise<string[]>;
  /**
   * The text of a file, or null when it is not there.
   * @throws ConfigInvalidError when it leads out of the artifact, is too long or may not be read;
   * ThrottledError
   */
  read(file: string): Promise<string | null>;
}

/** Files that a check goes by: those of an artifact on this machine, objects of S3 on AWS. */
export interface CheckFiles {
  /**
   * The files of an environment's artifact, of an artifact that is not provisioned yet, or of a bucket.
   * @throws ConfigInvalidError when there are none that could be read on this platform.
   */
  open(place: EnvironmentRef | Artifact | BucketPlace, abort: AbortSignal): Promise<Folder>;
}

/** Nothing longer is read. */
export const longestFileBytes = 16 * 1024 * 1024;
/** A folder with more files is not listed. */
export const mostFiles = 5000;

/** Stands in the key of an object for the version of whose environment it is. */
export const versionPlaceholder = '{version}';

/** A file as a manifest has it, without a way out of the artifact. */
export const artifactFile = z
  .string()
  .min(1)
  .refine(
    (file) => !/^([/\\]|[A-Za-z]:)/.test(file) && !file.split(/[/\\]/).includes('..'),
    'needs a path inside the artifact, without .. and not starting with /',
  );

/** The same, or an object of S3. */
export const fileLocation = artifactFile.refine(
  (file) => !isInBucket(file) || bucketAndKey(file) !== null,
  'needs a file of the artifact, or s3://bucket/key',
);

/** Whether a location is one of S3. */
export function isInBucket(location: string): boolean {
  return location.startsWith('s3:');
}

/**
 * The text of a file; null when it is not there.
 * @param location as {@link fileLocation} has it; `{version}` in a key is that of `ref`
 * @throws ConfigInvalidError, ThrottledError as {@link Folder} does; KindUnavailableError where the
 * platform reads no files.
 */
export async function findText(
  files: CheckFiles | undefined,
  location: string,
  ref: EnvironmentRef,
  abort: AbortSignal,
): Promise<string | null> {
  if (!files)
    throw new VerdigrisError('KindUnavailableError', 'this platform reads no files for checks');
  if (!isInBucket(location)) return (await files.open(ref, abort)).read(location);
  const [bucket, key] = bucketAndKey(location) ?? [];
  if (!bucket || !key) throw unreadable(location, 'is no object; use s3://bucket/key');
  const folder = await files.open({ bucket, keyPrefix: '' }, abort);
  return folder.read(key.replaceAll(versionPlaceholder, ref.version));
}

/**
 * The text of a file that has to be there.
 * @throws as {@link findText}, and ConfigInvalidError when it is not there.
 */
export async function readText(
  files: CheckFiles | undefined,
  location: string,
  ref: EnvironmentRef,
  abort: AbortSignal,
): Promise<string> {
  const text = await findText(files, location, ref, abort);
  if (text === null) throw unreadable(location, missing(location));
  return text;
}

/** What is said of a file that is not there: a clause. */
export function missing(location: string): string {
  return isInBucket(location) ? 'is not there' : "is not among the artifact's files";
}

/** What a file that cannot be read is refused with. */
export function unreadable(location: string, reason: string): VerdigrisError {
  return new VerdigrisError('ConfigInvalidError', `${location} ${reason}`);
}

/** @throws ConfigInvalidError */
export function refuseTooLong(bytes: number, location: string): void {
  if (bytes > longestFileBytes)
    throw unreadable(location, `has ${bytes} bytes; at most ${longestFileBytes} are read`);
}

/** @throws ConfigInvalidError */
export function refuseTooMany(count: number, location: string): void {
  if (count > mostFiles)
    throw unreadable(location, `has ${count} files; at most ${mostFiles} are read`);
}

function bucketAndKey(location: string): [bucket: string, key: string] | null {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? [];
  return bucket && key ? [bucket, key] : null;
}
