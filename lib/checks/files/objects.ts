import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { orNull, orOurs } from '../../aws/provider-errors.ts';
import {
  type BucketPlace,
  type CheckFiles,
  type Folder,
  refuseTooLong,
  refuseTooMany,
  unreadable,
} from '../check-files.ts';

/** The one call of the SDK's client. */
export type ObjectsApi = Pick<S3Client, 'send'>;

/** Objects of S3. The client is asked for when the first one is read. */
export function createObjectFiles(s3: () => ObjectsApi): CheckFiles {
  return {
    async open(place, abort) {
      if ('bucket' in place) return createFolder(place, s3(), abort);
      const name = 'uri' in place ? place.uri : place.id;
      throw unreadable(name, 'has no files that could be read here; name those of a bucket');
    },
  };
}

function createFolder(
  { bucket: Bucket, keyPrefix }: BucketPlace,
  s3: ObjectsApi,
  abortSignal: AbortSignal,
): Folder {
  const placeOf = (key: string) => `s3://${Bucket}/${key}`;

  async function* keysUnder(Prefix: string): AsyncGenerator<string> {
    const call = { provider: 'S3', action: 's3:ListBucket', of: placeOf(Prefix) };
    let token: string | undefined;
    do {
      const input = { Bucket, Prefix, ...(token && { ContinuationToken: token }) };
      const sending = s3.send(new ListObjectsV2Command(input), { abortSignal });
      const page = await orOurs(sending, call);
      for (const { Key } of page.Contents ?? []) if (Key && !Key.endsWith('/')) yield Key;
      token = page.NextContinuationToken;
    } while (token);
  }

  return {
    place: placeOf(keyPrefix),
    async list(directory) {
      const prefix = keyPrefix + (directory === '' ? '' : `${directory.replace(/\/$/, '')}/`);
      const names: string[] = [];
      for await (const key of keysUnder(prefix)) {
        names.push(key.slice(prefix.length));
        refuseTooMany(names.length, placeOf(prefix));
      }
      return names.sort();
    },
    async read(file) {
      const Key = keyPrefix + file;
      // Without s3:ListBucket, S3 calls a missing object denied (API_GetObject).
      const call = { provider: 'S3', action: 's3:GetObject', of: placeOf(Key) };
      const sending = s3.send(new GetObjectCommand({ Bucket, Key }), { abortSignal });
      const found = await orNull(sending, call, 'NoSuchKey', 'NoSuchBucket');
      if (found === null) return null;
      refuseTooLong(found.ContentLength ?? 0, placeOf(Key));
      return (await found.Body?.transformToString()) ?? '';
    },
  };
}
