import type { Artifact } from '../../release/artifact.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { isNamed, messageOf } from '../../release/errors.ts';
import {
  type BucketPlace,
  type CheckFiles,
  type Folder,
  versionPlaceholder,
} from '../check-files.ts';

/** What finding files takes. */
export interface PlaceTools {
  files?: CheckFiles | undefined;
  /** Where the files of versions are besides their own; null for nowhere. */
  bucket: BucketPlace | null;
  abort: AbortSignal;
}

/** The files of a version, or why they cannot be read. */
export type Files = { folder: Folder; missing: null } | { folder: null; missing: string };

/** The files of an environment, or of an artifact that is not provisioned yet. */
export async function filesOf(
  whose: EnvironmentRef | Artifact | null,
  side: 'blue' | 'green',
  { files, bucket, abort }: PlaceTools,
): Promise<Files> {
  if (!whose) return missing('nobody said which version is to be released');
  if (!files) return missing('this platform reads no files for checks');
  const problem = bucket && problemOf(bucket, whose.version, side);
  if (problem) return missing(problem);
  try {
    const place = bucket ? inBucket(bucket, whose.version) : whose;
    return { folder: await files.open(place, abort), missing: null };
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    return missing(messageOf(error));
  }
}

/** Only with `{version}` are there the files of more than one. */
function problemOf({ keyPrefix }: BucketPlace, version: string, side: string): string | null {
  if (side === 'blue' && !keyPrefix.includes(versionPlaceholder))
    return `migrations.keyPrefix has no ${versionPlaceholder}, so it leads to one version only`;
  return version === 'unknown' ? 'nobody knows its version' : null;
}

function inBucket({ bucket, keyPrefix }: BucketPlace, version: string): BucketPlace {
  return { bucket, keyPrefix: keyPrefix.replaceAll(versionPlaceholder, version) };
}

function missing(reason: string): Files {
  return { folder: null, missing: reason };
}
