import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { type Folder, refuseTooLarge, refuseTooMany } from './folder.ts';

/** The call of the SDK's client that is needed. */
export type S3Api = Pick<S3Client, 'send'>;

/** Objects of a bucket whose keys begin with `keyPrefix`, as a folder. */
export function createS3Folder(
  { bucket, keyPrefix }: { bucket: string; keyPrefix: string },
  { s3, abort }: { s3: S3Api; abort: AbortSignal },
): Folder {
  const options = { abortSignal: abort };
  const keyOf = (name: string) => keyPrefix + name;

  async function* keysUnder(prefix: string): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const input = { Bucket: bucket, Prefix: prefix };
      const page = await s3.send(
        new ListObjectsV2Command(token ? { ...input, ContinuationToken: token } : input),
        options,
      );
      for (const { Key } of page.Contents ?? []) if (Key && !Key.endsWith('/')) yield Key;
      token = page.NextContinuationToken;
    } while (token);
  }

  return {
    place: `s3://${bucket}/${keyPrefix}`,
    async list(directory) {
      const prefix = keyOf(directory === '' ? '' : `${directory.replace(/\/$/, '')}/`);
      const names: string[] = [];
      try {
        for await (const key of keysUnder(prefix)) {
          names.push(key.slice(prefix.length));
          refuseTooMany(names.length, `s3://${bucket}/${prefix}`);
        }
      } catch (error) {
        throw explained(error, `s3://${bucket}/${prefix} cannot be listed`, 's3:ListBucket');
      }
      return names.sort();
    },
    async read(file) {
      const Key = keyOf(file);
      try {
        const { Body, ContentLength = 0 } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key }),
          options,
        );
        refuseTooLarge(ContentLength, `s3://${bucket}/${Key}`);
        return (await Body?.transformToString()) ?? '';
      } catch (error) {
        if (isCalled(error, 'NoSuchKey')) return null;
        throw explained(error, `s3://${bucket}/${Key} cannot be read`, 's3:GetObject');
      }
    },
  };
}

function explained(error: unknown, what: string, action: string): Error {
  const meaning = meaningOf(error);
  if (meaning === 'throttled')
    return new VerdigrisError('ThrottledError', `${what}: ${messageOf(error)}`, { cause: error });
  const hint = meaning === 'denied' ? `; allow ${missingAction(error, action)}` : '';
  return new Error(`${what}: ${messageOf(error)}${hint}`, { cause: error });
}
