import { createHash } from 'node:crypto';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isCalled, meaningOf } from '../../aws/sdk-errors.ts';
import type { Artifact } from '../../release/artifact.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** What is used of the S3 client. */
export type TemplateStore = Pick<S3Client, 'send'>;

/** Where a template is. */
interface TemplateObject {
  Bucket: string;
  Key: string;
  VersionId?: string;
}

/** A key is taken as it is, not percent-decoded. */
const s3Pattern = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+?)(?:\?versionId=([^?&]+))?$/;

/**
 * The URL by which CloudFormation reads the artifact, held to its digest where one is given. The version
 * that was read then is the one that is named, so that an object which is overwritten changes nothing.
 * @throws ArtifactInvalidError when it is no template in S3, is missing, or has another digest.
 */
export async function templateUrl(
  artifact: Artifact,
  region: string,
  s3: TemplateStore,
): Promise<string> {
  const object = readUri(artifact);
  if (artifact.digest === undefined) return urlOf(object, region);
  const { body, versionId } = await readObject(s3, object, artifact.uri);
  const found = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  if (found !== artifact.digest) {
    const reason = `has digest ${found}, not ${artifact.digest} as the release says`;
    throw invalid(artifact.uri, reason);
  }
  return urlOf({ ...object, ...(versionId && { VersionId: versionId }) }, region);
}

function readUri({ uri }: Artifact): TemplateObject {
  const [, Bucket, Key, VersionId] = s3Pattern.exec(uri) ?? [];
  if (Bucket && Key) return { Bucket, Key, ...(VersionId && { VersionId }) };
  throw invalid(uri, 'is no template in a bucket; it needs s3://BUCKET/KEY?versionId=ID');
}

/** With the bucket in the path, which a bucket's name with dots in it needs. */
function urlOf({ Bucket, Key, VersionId }: TemplateObject, region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const path = Key.split('/').map(encodeURIComponent).join('/');
  const query = VersionId ? `?versionId=${encodeURIComponent(VersionId)}` : '';
  return `https://s3.${region}.${domain}/${Bucket}/${path}${query}`;
}

async function readObject(s3: TemplateStore, object: TemplateObject, uri: string) {
  try {
    const { Body, VersionId } = await s3.send(new GetObjectCommand(object));
    const body = (await Body?.transformToByteArray()) ?? new Uint8Array();
    // Versioning that is suspended gives every object the version `null`.
    return { body, versionId: VersionId === 'null' ? undefined : VersionId };
  } catch (error) {
    throw asOurs(error, uri);
  }
}

/** Without s3:ListBucket, S3 calls a missing object denied (API_GetObject). */
function asOurs(cause: unknown, uri: string): VerdigrisError {
  const said = messageOf(cause);
  if (meaningOf(cause) === 'denied') {
    return invalid(
      uri,
      `is missing, or may not be read (s3:GetObject, s3:GetObjectVersion): ${said}`,
    );
  }
  const isTheirs = isCalled(cause, 'NoSuchKey', 'NoSuchBucket', 'NoSuchVersion', 'InvalidArgument');
  if (isTheirs) return invalid(uri, `cannot be read: ${said}`);
  const message = `S3 does not answer: GetObject of ${uri}: ${said}`;
  return new VerdigrisError('ThrottledError', message, { cause });
}

function invalid(uri: string, reason: string): VerdigrisError {
  return new VerdigrisError('ArtifactInvalidError', `artifact ${uri} ${reason}`);
}
