import type { UpdateFunctionCodeCommandInput } from '@aws-sdk/client-lambda';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { Artifact } from '../../release/artifact.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** Where an artifact's code is, in UpdateFunctionCode's own words. */
export interface CodeSource {
  packageType: 'Zip' | 'Image';
  input: Pick<
    UpdateFunctionCodeCommandInput,
    'S3Bucket' | 'S3Key' | 'S3ObjectVersion' | 'ImageUri'
  >;
}

/** A key is taken as it is, not percent-decoded. */
const s3Pattern = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+?)(?:\?versionId=([^?&]+))?$/;
const ecrPattern =
  /^(\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[a-z0-9][a-z0-9._/-]*)(?:@(sha256:[0-9a-f]{64})|:([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))$/;

const forms =
  's3://BUCKET/KEY?versionId=ID, or ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST (or :TAG)';

/**
 * Reads an artifact's URI. An image of which the digest is known is asked for by it, so that a tag
 * which moves meanwhile changes nothing.
 * @throws ArtifactInvalidError that shows both forms.
 */
export function readCodeSource({ uri, digest }: Artifact): CodeSource {
  const [, bucket, key, versionId] = s3Pattern.exec(uri) ?? [];
  if (bucket !== undefined && key !== undefined) {
    const version = versionId === undefined ? {} : { S3ObjectVersion: versionId };
    return { packageType: 'Zip', input: { S3Bucket: bucket, S3Key: key, ...version } };
  }
  const [, repository, pinned] = ecrPattern.exec(uri) ?? [];
  if (repository === undefined) {
    throw new VerdigrisError(
      'ArtifactInvalidError',
      `artifact ${uri} is nothing that Lambda can run; it needs ${forms}`,
    );
  }
  if (pinned && digest && pinned !== digest) throw otherDigest(uri, digest, pinned);
  const wanted = pinned ?? digest;
  return {
    packageType: 'Image',
    input: { ImageUri: wanted ? `${repository}@${wanted}` : uri },
  };
}

/**
 * Of a zip file CodeSha256 is the archive's sha256 in base64 (API_FunctionConfiguration). Images are
 * asked for by digest, which Lambda itself holds them to.
 * @throws ArtifactInvalidError when the archive is not the one that the digest names.
 */
export function throwIfOtherDigest(
  { uri, digest }: Artifact,
  { packageType }: CodeSource,
  codeSha256: string,
): void {
  if (!digest || packageType === 'Image') return;
  const found = `sha256:${Buffer.from(codeSha256, 'base64').toString('hex')}`;
  if (found !== digest) throw otherDigest(uri, digest, found);
}

function otherDigest(uri: string, wanted: string, found: string): VerdigrisError {
  return new VerdigrisError(
    'ArtifactInvalidError',
    `artifact ${uri} has digest ${found}, not ${wanted} as the release says`,
  );
}

/** @throws ArtifactInvalidError when the function can't run this kind of artifact at all. */
export function throwIfOtherPackage(
  { uri }: Artifact,
  { packageType }: CodeSource,
  functionName: string,
  has: string,
): void {
  if (packageType === has) return;
  const words: Record<string, string> = { Zip: 'a zip archive', Image: 'a container image' };
  throw new VerdigrisError(
    'ArtifactInvalidError',
    `artifact ${uri} is ${words[packageType]}, but ${functionName} was created for ${words[has] ?? has}; a function's package type never changes: release ${words[has] ?? has}, or another function`,
  );
}

/**
 * An error of UpdateFunctionCode that is about the artifact, or null. Lambda says so by
 * InvalidParameterValueException ("Error occurred while GetObject. S3 Error Code: NoSuchKey …", "Could
 * not unzip uploaded file …", "Source image … does not exist …"), by CodeVerificationFailedException,
 * and, where S3 or ECR refuses the caller, by AccessDeniedException without an action of Lambda.
 */
export function asArtifactError(error: unknown, { uri }: Artifact): VerdigrisError | null {
  const isTheirs =
    isCalled(error, 'InvalidParameterValueException', 'CodeVerificationFailedException') ||
    (isCalled(error, 'AccessDeniedException') && !/perform: lambda:/.test(messageOf(error)));
  if (!isTheirs) return null;
  return new VerdigrisError(
    'ArtifactInvalidError',
    `artifact ${uri} is not one that Lambda takes: ${messageOf(error)}`,
    { cause: error },
  );
}
