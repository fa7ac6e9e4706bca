import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isCalled, meaningOf } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { type CheckFiles, longestFileBytes, tooLong } from '../check-files.ts';

/** The one call of the SDK's client. */
export type ObjectsApi = Pick<S3Client, 'send'>;

/** Reads objects of S3. The client is asked for when the first one is read. */
export function createObjectFiles(s3: () => ObjectsApi): CheckFiles {
  return {
    async read(location, _green, abort) {
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? [];
      if (!Bucket || !Key) throw invalid(location, 'is no object; use s3://bucket/key');
      try {
        const command = new GetObjectCommand({ Bucket, Key });
        const { Body, ContentLength = 0 } = await s3().send(command, { abortSignal: abort });
        if (ContentLength > longestFileBytes) throw tooLong(location, ContentLength);
        return (await Body?.transformToString()) ?? '';
      } catch (error) {
        throw error instanceof VerdigrisError ? error : asOurs(error, location);
      }
    },
  };
}

/** Without s3:ListBucket, S3 calls a missing object denied (API_GetObject). */
function asOurs(cause: unknown, location: string): VerdigrisError {
  const said = messageOf(cause);
  if (meaningOf(cause) === 'denied')
    return invalid(location, `is missing, or may not be read (s3:GetObject): ${said}`, cause);
  if (isCalled(cause, 'NoSuchKey', 'NoSuchBucket', 'InvalidArgument'))
    return invalid(location, `cannot be read: ${said}`, cause);
  const message = `S3 does not answer: GetObject of ${location}: ${said}`;
  return new VerdigrisError('ThrottledError', message, { cause });
}

function invalid(location: string, reason: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('ConfigInvalidError', `${location} ${reason}`, { cause });
}
