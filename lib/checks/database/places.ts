import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Artifact } from '../../release/artifact.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { createLocalFolder, type Folder } from './folder.ts';
import { createS3Folder, type S3Api } from './s3-folder.ts';

/** Where the files of versions are besides the environments' own folders. */
export interface BucketPlace {
  bucket: string;
  /** May hold `{version}`. */
  keyPrefix: string;
}

/** What finding files takes. */
export interface PlaceTools {
  s3?: S3Api | undefined;
  /** What relative paths of artifacts are relative to; there on one machine only. */
  baseDirectory?: string | undefined;
  abort: AbortSignal;
}

/** The files of a version, or why they cannot be read. */
export type Files = { folder: Folder; missing: null } | { folder: null; missing: string };

const placeholder = '{version}';

/** The files of an environment. Only with `{version}` are there those of more than one. */
export function filesOf(
  ref: EnvironmentRef,
  side: 'blue' | 'green',
  bucket: BucketPlace | null,
  tools: PlaceTools,
): Files {
  if (bucket) return inBucket(bucket, ref.version, side, tools);
  const { directory } = ref.attributes;
  if (ref.kind === 'process' && directory)
    return there(createLocalFolder(path.join(directory, 'app')));
  const what = `${ref.id} keeps no files where the conductor could read them`;
  return missing(`${what}; say in migrations.bucket and migrations.keyPrefix where they are`);
}

/** The files of an artifact that is not provisioned yet. */
export async function filesOfArtifact(
  artifact: Artifact | null,
  bucket: BucketPlace | null,
  tools: PlaceTools,
): Promise<Files> {
  if (!artifact) return missing('nobody said which version is to be released');
  if (bucket) return inBucket(bucket, artifact.version, 'green', tools);
  const { baseDirectory } = tools;
  const isHere = baseDirectory !== undefined && !/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(artifact.uri);
  if (!isHere) return missing(`${artifact.uri} is not on this machine`);
  const place = /^file:/i.test(artifact.uri)
    ? fileURLToPath(artifact.uri)
    : path.resolve(baseDirectory, artifact.uri);
  const isFolder = (await stat(place).catch(() => null))?.isDirectory() ?? false;
  if (isFolder) return there(createLocalFolder(place));
  return missing(`${artifact.uri} is no folder; its files can be read once it is unpacked`);
}

function inBucket(
  { bucket, keyPrefix }: BucketPlace,
  version: string,
  side: 'blue' | 'green',
  { s3, abort }: PlaceTools,
): Files {
  if (!s3) return missing('buckets can be read on AWS only');
  if (side === 'blue' && !keyPrefix.includes(placeholder))
    return missing(`migrations.keyPrefix has no ${placeholder}, so it leads to one version only`);
  if (version === 'unknown') return missing('nobody knows its version');
  const place = { bucket, keyPrefix: keyPrefix.replaceAll(placeholder, version) };
  return there(createS3Folder(place, { s3, abort }));
}

function there(folder: Folder): Files {
  return { folder, missing: null };
}

function missing(reason: string): Files {
  return { folder: null, missing: reason };
}
