import { DescribeImagesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { asProviderError } from '../../aws/provider-errors.ts';
import type { Artifact } from '../../release/artifact.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';

/** The one call of the SDK's client. */
export type Ec2Api = Pick<EC2Client, 'send'>;

/** What instances are launched from: an image, or a version of a launch template as it is. */
export type LaunchSource =
  | { kind: 'image'; imageId: string }
  | { kind: 'version'; templateId: string; version: string };

const imagePattern = /^(?:ami:)?(ami-(?:[0-9a-f]{8}|[0-9a-f]{17}))$/;
const versionPattern = /^launch-template:(lt-[0-9a-f]{8,17}):([1-9]\d*)$/;

const forms = 'ami-ID (also ami:ami-ID), or launch-template:lt-ID:VERSION';

/**
 * Reads an artifact's URI. Neither form has a digest: both never change once they are there.
 * @throws ArtifactInvalidError that shows the forms.
 */
export function readLaunchSource({ uri, digest }: Artifact): LaunchSource {
  const [, imageId] = imagePattern.exec(uri) ?? [];
  const [, templateId, version] = versionPattern.exec(uri) ?? [];
  if (digest && (imageId ?? templateId)) {
    throw invalid(uri, 'has no digest that could be checked; leave it out, its id never changes');
  }
  if (imageId) return { kind: 'image', imageId };
  if (templateId && version) return { kind: 'version', templateId, version };
  throw invalid(uri, `is nothing that EC2 can launch; it needs ${forms}`);
}

/** An artifact that EC2 can't launch, with why. */
export function invalid(uri: string, why: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('ArtifactInvalidError', `artifact ${uri} ${why}`, { cause });
}

/**
 * Whether an image may be launched; false while it is still being made.
 * @throws ArtifactInvalidError when it is missing, failed or deregistered.
 */
export async function isImageThere(
  ec2: Ec2Api,
  imageId: string,
  { uri }: Artifact,
): Promise<boolean> {
  const state = await readState(ec2, imageId, uri);
  if (state === 'available') return true;
  if (state === 'pending') return false;
  throw invalid(uri, state ? `is ${state}, not available` : 'is not in this account and region');
}

async function readState(ec2: Ec2Api, imageId: string, uri: string): Promise<string | undefined> {
  try {
    const { Images: [image] = [] } = await ec2.send(
      new DescribeImagesCommand({ ImageIds: [imageId] }),
    );
    return image?.State;
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('InvalidAMIID.'))
      throw invalid(uri, `is not in this account and region: ${messageOf(error)}`, error);
    const call = { provider: 'EC2', action: 'ec2:DescribeImages', of: `image ${imageId}` };
    throw asProviderError(error, call);
  }
}
