import type { Artifact } from '../../release/artifact.ts';
import { VerdigrisError } from '../../release/errors.ts';

/** `REGISTRY/REPOSITORY`, then a tag, a digest or both. */
const imagePattern =
  /^((?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

const forms = 'REGISTRY/REPOSITORY@sha256:DIGEST, or REGISTRY/REPOSITORY:TAG';

/**
 * The image that an artifact is, as a container definition names it. Where the digest is known it is
 * asked for by it, so that a tag which moves meanwhile changes nothing. Whether it is there only the
 * first task finds out.
 * @throws ArtifactInvalidError that shows both forms.
 */
export function imageOf({ uri, digest }: Artifact): string {
  const [, repository, tag, pinned] = imagePattern.exec(uri) ?? [];
  if (repository === undefined || (tag ?? pinned) === undefined) {
    throw new VerdigrisError(
      'ArtifactInvalidError',
      `artifact ${uri} is no container image that ECS can run; it needs ${forms}`,
    );
  }
  if (pinned && digest && pinned !== digest) {
    throw new VerdigrisError(
      'ArtifactInvalidError',
      `artifact ${uri} has digest ${pinned}, not ${digest} as the release says`,
    );
  }
  const wanted = pinned ?? digest;
  return wanted ? `${repository}@${wanted}` : uri;
}
