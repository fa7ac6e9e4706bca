import { VerdigrisError } from '../../release/errors.ts';

/** Longest description of a function or a version (API_UpdateFunctionConfiguration). */
const limit = 256;

/** In place of a CodeSha256, which is in base64 and has no such character. */
const unknown = '?';

/** What the description of a version that was published for a release says. */
export interface VersionMark {
  releaseId: string;
  /** Of the artifact. */
  version: string;
}

/** What the description of $LATEST says while a release works on it. */
export interface StageMark extends VersionMark {
  /** CodeSha256 that $LATEST must have before anything is published; null while nobody knows it. */
  codeSha256: string | null;
}

/** The description of a published version. @throws ProvisionFailedError when it would be too long. */
export function versionMark({ releaseId, version }: VersionMark): string {
  return fitting(`verdigris release=${releaseId} version=${version}`);
}

/**
 * The description of $LATEST before it is published. It is not a version's mark: a version that
 * somebody else publishes meanwhile must not be taken for ours. `after` makes another one of it.
 */
export function stageMark({ releaseId, version, codeSha256 }: StageMark, after = ''): string {
  const suffix = after === '' ? '' : ` after=${after}`;
  return fitting(
    `verdigris stages release=${releaseId} version=${version} code=${codeSha256 ?? unknown}${suffix}`,
  );
}

/** The inverse of {@link versionMark}; null for any other description. */
export function readVersionMark(description: string | undefined): VersionMark | null {
  const [, releaseId, version] =
    /^verdigris release=(\S+) version=(\S+)$/.exec(description ?? '') ?? [];
  return releaseId && version ? { releaseId, version } : null;
}

/** The inverse of {@link stageMark}; null for any other description. */
export function readStageMark(description: string | undefined): StageMark | null {
  const [, releaseId, version, codeSha256] =
    /^verdigris stages release=(\S+) version=(\S+) code=(\S+)( after=\S+)?$/.exec(
      description ?? '',
    ) ?? [];
  if (!releaseId || !version || !codeSha256) return null;
  return { releaseId, version, codeSha256: codeSha256 === unknown ? null : codeSha256 };
}

function fitting(description: string): string {
  if (description.length <= limit) return description;
  throw new VerdigrisError(
    'ProvisionFailedError',
    `"${description}" does not fit into the ${limit} characters of a Lambda description; choose a shorter release id or version`,
  );
}
