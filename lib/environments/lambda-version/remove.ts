import {
  DeleteFunctionCommand,
  DeleteProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda';
import { isCalled } from '../../aws/sdk-errors.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import { toOurs } from './errors.ts';
import { aliasesOn, isVersionNumber, type LambdaFunction, latest } from './lambda-function.ts';

/**
 * Deletes one published version. DeleteFunction without a qualifier deletes the whole function, so
 * nothing but a version's number ever gets near it.
 *
 * Lambda itself refuses to delete what an alias names (API_DeleteFunction), but takes provisioned
 * concurrency away from a version in use. So that goes only with a version that is gone already, or
 * right after a second look at the aliases; whether it keeps a version from being deleted is not
 * documented.
 * @throws EnvironmentInUseError when an alias leads there (rule 8).
 */
export async function removeVersion(
  fn: LambdaFunction,
  version: string,
): Promise<'retired' | 'pending'> {
  if (version === latest)
    throw inUse(`${latest} is ${fn.functionName} itself and is never removed`);
  if (!isVersionNumber(version)) return 'retired';
  await throwIfUsed(fn, version);
  if (await deleteVersion(fn, version)) {
    return (await removeConcurrency(fn, version)) ? 'retired' : 'pending';
  }
  await throwIfUsed(fn, version);
  await removeConcurrency(fn, version);
  return (await deleteVersion(fn, version)) ? 'retired' : 'pending';
}

async function throwIfUsed(fn: LambdaFunction, version: string): Promise<void> {
  const aliases = await aliasesOn(fn, version);
  if (aliases.length === 0) return;
  throw inUse(`version ${version} of ${fn.functionName} gets traffic by ${aliases.join(', ')}`);
}

/** False where Lambda is still at work on it, or wants something else to go first. */
async function deleteVersion(
  { lambda, functionName }: LambdaFunction,
  version: string,
): Promise<boolean> {
  const command = new DeleteFunctionCommand({ FunctionName: functionName, Qualifier: version });
  try {
    await lambda.send(command);
    return true;
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException')) return true;
    const isHeld =
      isCalled(error, 'ResourceConflictException') || /provisioned/i.test(messageOf(error));
    if (!isHeld) throw toOurs(error, { functionName, operation: 'DeleteFunction' });
    // An alias came to it since the look.
    if (!/alias/i.test(messageOf(error))) return false;
    throw inUse(`version ${version} of ${functionName}: ${messageOf(error)}`, error);
  }
}

/** False while another operation on the version is under way. No effect where there is none. */
export async function removeConcurrency(
  { lambda, functionName }: LambdaFunction,
  version: string,
): Promise<boolean> {
  const command = new DeleteProvisionedConcurrencyConfigCommand({
    FunctionName: functionName,
    Qualifier: version,
  });
  try {
    await lambda.send(command);
    return true;
  } catch (error) {
    if (isCalled(error, 'ResourceConflictException')) return false;
    const isGone = isCalled(
      error,
      'ResourceNotFoundException',
      'ProvisionedConcurrencyConfigNotFoundException',
    );
    if (isGone) return true;
    throw toOurs(error, { functionName, operation: 'DeleteProvisionedConcurrencyConfig' });
  }
}

function inUse(message: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('EnvironmentInUseError', message, { cause });
}
