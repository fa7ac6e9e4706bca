import {
  type FunctionConfiguration,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { Artifact } from '../../release/artifact.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import {
  asArtifactError,
  type CodeSource,
  readCodeSource,
  throwIfOtherDigest,
  throwIfOtherPackage,
} from './code-source.ts';
import { isOvertaken, toOurs } from './errors.ts';
import {
  aliasesOn,
  findPublished,
  type LambdaFunction,
  latest,
  latestIsLive,
  readLatest,
} from './lambda-function.ts';
import { readStageMark, type StageMark, stageMark, versionMark } from './marks.ts';

/**
 * One step further towards a version of this release's own, or null when the next step has to wait:
 *
 * 1. A version that carries this release's mark is the answer.
 * 2. `$LATEST` is marked with the release and the code it is to have (UpdateFunctionConfiguration).
 *    PublishVersion does nothing where neither code nor configuration changed (API_PublishVersion);
 *    the description is configuration, so this gives unchanged code a version of its own too.
 * 3. `$LATEST` gets that code (UpdateFunctionCode).
 * 4. It is published, with the mark, only if it still has that code (CodeSha256).
 *
 * Every write is conditional on the RevisionId that was read in the same call. So a lost answer, a
 * second call at once, a late call or somebody else's deployment is found by the next look, and never
 * published in place of the artifact.
 */
export async function advanceVersion(
  fn: LambdaFunction,
  artifact: Artifact,
  releaseId: string,
): Promise<FunctionConfiguration | null> {
  const source = readCodeSource(artifact);
  const published = await findPublished(fn, releaseId);
  if (published) return published;
  await throwIfLatestIsLive(fn);
  const found = await readLatest(fn);
  if (isBusy(found)) return null;
  throwIfOtherPackage(artifact, source, fn.functionName, found.PackageType ?? 'Zip');
  const staged = readStageMark(found.Description);
  if (staged?.releaseId !== releaseId || staged.version !== artifact.version) {
    return stage(fn, artifact, source, releaseId);
  }
  throwIfFailed(fn, found);
  if (found.CodeSha256 !== staged.codeSha256)
    return updateCode(fn, artifact, source, found, staged);
  return publish(fn, found, staged);
}

/** Rule 3: what an alias sends to $LATEST would reach users before any check. */
async function throwIfLatestIsLive(fn: LambdaFunction): Promise<void> {
  const [alias] = await aliasesOn(fn, latest);
  if (alias !== undefined) throw latestIsLive(fn.functionName, `alias ${alias}`);
}

function isBusy({ State, LastUpdateStatus }: FunctionConfiguration): boolean {
  return State === 'Pending' || LastUpdateStatus === 'InProgress';
}

/** Only a failure since this release's mark is this release's: older ones are overwritten. */
function throwIfFailed({ functionName }: LambdaFunction, found: FunctionConfiguration): void {
  const { State, StateReason, LastUpdateStatus, LastUpdateStatusReason } = found;
  if (State !== 'Failed' && LastUpdateStatus !== 'Failed') return;
  const reason = LastUpdateStatusReason || StateReason || 'without a reason';
  throw new VerdigrisError(
    'ProvisionFailedError',
    `Lambda could not update ${functionName}: ${reason}`,
  );
}

/**
 * Looks at the artifact without touching anything, then marks $LATEST. A dry run does all the
 * validation and returns the CodeSha256 of the code that it was given (API_UpdateFunctionCode).
 */
async function stage(
  fn: LambdaFunction,
  artifact: Artifact,
  source: CodeSource,
  releaseId: string,
): Promise<null> {
  const codeSha256 = await sendCode(fn, artifact, source, { DryRun: true });
  if (codeSha256 === null) return null;
  throwIfOtherDigest(artifact, source, codeSha256);
  const mark = stageMark({ releaseId, version: artifact.version, codeSha256 });
  // That may have taken seconds: the condition is on what is there now.
  return describeLatest(fn, mark, (await readLatest(fn)).RevisionId);
}

async function describeLatest(
  { lambda, functionName }: LambdaFunction,
  description: string,
  revisionId: string | undefined,
): Promise<null> {
  const command = new UpdateFunctionConfigurationCommand({
    FunctionName: functionName,
    Description: description,
    RevisionId: revisionId,
  });
  try {
    await lambda.send(command);
  } catch (error) {
    if (!isOvertaken(error))
      throw toOurs(error, { functionName, operation: 'UpdateFunctionConfiguration' });
  }
  return null;
}

async function updateCode(
  fn: LambdaFunction,
  artifact: Artifact,
  source: CodeSource,
  { RevisionId }: FunctionConfiguration,
  { codeSha256 }: StageMark,
): Promise<null> {
  const given = await sendCode(fn, artifact, source, { RevisionId, Publish: false });
  if (given === null || given === codeSha256) return null;
  throw new VerdigrisError(
    'ArtifactInvalidError',
    `artifact ${artifact.uri} was overwritten while it was released; name its version id or its digest`,
  );
}

/** The CodeSha256 of the artifact, or null when the function was busy or changed meanwhile. */
async function sendCode(
  { lambda, functionName }: LambdaFunction,
  artifact: Artifact,
  { input }: CodeSource,
  how: { DryRun: true } | { RevisionId: string | undefined; Publish: false },
): Promise<string | null> {
  const command = new UpdateFunctionCodeCommand({ FunctionName: functionName, ...input, ...how });
  try {
    const { CodeSha256 } = await lambda.send(command);
    if (CodeSha256) return CodeSha256;
  } catch (error) {
    if (isOvertaken(error)) return null;
    throw (
      asArtifactError(error, artifact) ??
      toOurs(error, { functionName, operation: 'UpdateFunctionCode' })
    );
  }
  throw new VerdigrisError(
    'ProvisionFailedError',
    `Lambda gave no CodeSha256 of ${artifact.uri}; without it nothing can be published safely`,
  );
}

async function publish(
  fn: LambdaFunction,
  { RevisionId }: FunctionConfiguration,
  staged: StageMark,
): Promise<FunctionConfiguration | null> {
  const { lambda, functionName } = fn;
  const command = new PublishVersionCommand({
    FunctionName: functionName,
    CodeSha256: staged.codeSha256,
    RevisionId,
    Description: versionMark(staged),
  });
  try {
    const { Version, Description } = await lambda.send(command);
    if (Description !== versionMark(staged)) {
      // Somebody published $LATEST as we had marked it, and Lambda makes no second one of the same.
      return describeLatest(fn, stageMark(staged, Version), RevisionId);
    }
  } catch (error) {
    const isOtherCode =
      isCalled(error, 'InvalidParameterValueException') && /CodeSha256/i.test(messageOf(error));
    if (isOvertaken(error) || isOtherCode) return null;
    throw toOurs(error, { functionName, operation: 'PublishVersion' });
  }
  return findPublished(fn, staged.releaseId);
}
