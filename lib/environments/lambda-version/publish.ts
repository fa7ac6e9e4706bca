import {
  type FunctionConfiguration,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { Artifact } from '../../release/artifact.ts';
import type { Timers } from '../../release/clock.ts';
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
 * 2. `$LATEST` is marked with the release (UpdateFunctionConfiguration). PublishVersion does nothing
 *    where neither code nor configuration changed (API_PublishVersion); the description is
 *    configuration, so this gives unchanged code a version of its own too.
 * 3. `$LATEST` gets the code (UpdateFunctionCode). The CodeSha256 of that answer goes into the mark.
 * 4. It is published, with the release's mark, only if it still has that code.
 *
 * Every write is conditional on the RevisionId that was read in the same call. So a lost answer, a
 * second call at once, a late call or somebody else's deployment is found by the next look, and never
 * published in place of the artifact. Only the answer of an update says what the artifact's CodeSha256
 * is: of a dry run nothing of the kind is documented (API_UpdateFunctionCode, DryRun).
 */
export async function advanceVersion(
  fn: LambdaFunction,
  artifact: Artifact,
  releaseId: string,
  timers: Timers,
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
    return stage(fn, artifact, source, found, releaseId);
  }
  throwIfFailed(fn, found);
  const { codeSha256 } = staged;
  if (codeSha256 === null || found.CodeSha256 !== codeSha256)
    return updateCode(fn, artifact, source, found, staged, timers);
  return publish(fn, found, { ...staged, codeSha256 });
}

/** Rule 3: what an alias sends to $LATEST would reach users before any check. */
async function throwIfLatestIsLive(fn: LambdaFunction): Promise<void> {
  const [alias] = await aliasesOn(fn, latest);
  if (alias !== undefined) throw latestIsLive(fn.functionName, `alias ${alias}`);
}

function isBusy({ State, LastUpdateStatus }: FunctionConfiguration): boolean {
  return State === 'Pending' || LastUpdateStatus === 'InProgress';
}

function hasFailed({ State, LastUpdateStatus }: FunctionConfiguration): boolean {
  return State === 'Failed' || LastUpdateStatus === 'Failed';
}

/** Only a failure since this release's mark is this release's: older ones are overwritten. */
function throwIfFailed({ functionName }: LambdaFunction, found: FunctionConfiguration): void {
  if (!hasFailed(found)) return;
  const { StateReason, LastUpdateStatusReason } = found;
  const reason = LastUpdateStatusReason || StateReason || 'without a reason';
  throw new VerdigrisError(
    'ProvisionFailedError',
    `Lambda could not update ${functionName}: ${reason}`,
  );
}

/** Looks at the artifact without touching anything, then marks $LATEST. */
async function stage(
  fn: LambdaFunction,
  artifact: Artifact,
  source: CodeSource,
  { RevisionId, CodeSha256 }: FunctionConfiguration,
  releaseId: string,
): Promise<null> {
  const answer = await sendCode(fn, artifact, source, { DryRun: true });
  if (answer === null) return null;
  // The hash of what is there now need not be the artifact's: the update will tell.
  if (answer.CodeSha256 && answer.CodeSha256 !== CodeSha256)
    throwIfOtherDigest(artifact, source, answer.CodeSha256);
  const mark = stageMark({ releaseId, version: artifact.version, codeSha256: null });
  return describeLatest(fn, mark, RevisionId);
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

/**
 * Sends the code and, once Lambda is through with it, notes which it was; whether it is still there is
 * for the next call to see. What the answer said is known to this call alone: if it is lost, or the
 * update takes too long, the next call sends the same code again.
 */
async function updateCode(
  fn: LambdaFunction,
  artifact: Artifact,
  source: CodeSource,
  { RevisionId }: FunctionConfiguration,
  staged: StageMark,
  timers: Timers,
): Promise<null> {
  const answer = await sendCode(fn, artifact, source, { RevisionId, Publish: false });
  if (answer === null) return null;
  const codeSha256 = answer.CodeSha256 ?? throwNoHash(artifact);
  throwIfOtherDigest(artifact, source, codeSha256);
  if (staged.codeSha256 === codeSha256) return null;
  if (staged.codeSha256 !== null) throw overwritten(artifact);
  const updated = await untilUpdated(fn, timers);
  const isOurs = readStageMark(updated?.Description)?.releaseId === staged.releaseId;
  if (!updated || !isOurs) return null;
  return describeLatest(fn, stageMark({ ...staged, codeSha256 }), updated.RevisionId);
}

/** Between looks at an update: 20 s in all, within the 55 s of the function that waits. */
const looksAfterMs = [250, 500, 1000, 2000, 4000, 4000, 4000, 4000];

/** $LATEST when no update of it is under way and the last one did not fail; null otherwise. */
async function untilUpdated(
  fn: LambdaFunction,
  timers: Timers,
): Promise<FunctionConfiguration | null> {
  let found = await readLatest(fn);
  for (const delayMs of looksAfterMs) {
    if (!isBusy(found)) break;
    await new Promise<void>((resolve) => timers.after(delayMs, resolve));
    found = await readLatest(fn);
  }
  return isBusy(found) || hasFailed(found) ? null : found;
}

/** Null when the function was busy or changed meanwhile. */
async function sendCode(
  { lambda, functionName }: LambdaFunction,
  artifact: Artifact,
  { input }: CodeSource,
  how: { DryRun: true } | { RevisionId: string | undefined; Publish: false },
): Promise<FunctionConfiguration | null> {
  const command = new UpdateFunctionCodeCommand({ FunctionName: functionName, ...input, ...how });
  try {
    return await lambda.send(command);
  } catch (error) {
    if (isOvertaken(error)) return null;
    throw (
      asArtifactError(error, artifact) ??
      toOurs(error, { functionName, operation: 'UpdateFunctionCode' })
    );
  }
}

function throwNoHash({ uri }: Artifact): never {
  throw new VerdigrisError(
    'ProvisionFailedError',
    `Lambda gave no CodeSha256 of ${uri}; without it nothing can be published safely`,
  );
}

function overwritten({ uri }: Artifact): VerdigrisError {
  return new VerdigrisError(
    'ArtifactInvalidError',
    `artifact ${uri} was overwritten while it was released; name its version id or its digest`,
  );
}

async function publish(
  fn: LambdaFunction,
  { RevisionId }: FunctionConfiguration,
  staged: StageMark & { codeSha256: string },
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
