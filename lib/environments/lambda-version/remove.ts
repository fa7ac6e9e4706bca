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
 * @throws EnvironmentInUseError when an alias leads there (rule 8).
 */
export async function removeVersion(
  fn: LambdaFunction,
  version: string,
): Promise<'retired' | 'pending'> {
  if (version === latest)
    throw inUse(`${latest} is ${fn.functionName} itself and is never removed`);
  if (!isVersionNumber(version)) return 'retired';
  const aliases = await aliasesOn(fn, version);
  if (aliases.length > 0) {
    throw inUse(`version ${version} of ${fn.functionName} gets traffic by ${aliases.join(', ')}`);
  }
  await removeConcurrency(fn, version);
  return deleteVersion(fn, version);
}

async function deleteVersion(
  { lambda, functionName }: LambdaFunction,
  version: string,
): Promise<'retired' | 'pending'> {
  const command = new DeleteFunctionCommand({ FunctionName: functionName, Qualifier: version });
  try {
    await lambda.send(command);
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException')) return 'retired';
    if (!isCalled(error, 'ResourceConflictException'))
      throw toOurs(error, { functionName, operation: 'DeleteFunction' });
    // An alias came to it since the look, or Lambda is still at work on it.
    if (!/alias/i.test(messageOf(error))) return 'pending';
    throw inUse(`version ${version} of ${functionName}: ${messageOf(error)}`, error);
  }
  return 'retired';
}

/** No effect where there is none. */
export async function removeConcurrency(
  { lambda, functionName }: LambdaFunction,
  version: string,
): Promise<void> {
  const command = new DeleteProvisionedConcurrencyConfigCommand({
    FunctionName: functionName,
    Qualifier: version,
  });
  try {
    await lambda.send(command);
  } catch (error) {
    const isGone = isCalled(
      error,
      'ResourceNotFoundException',
      'ProvisionedConcurrencyConfigNotFoundException',
    );
    if (!isGone)
      throw toOurs(error, { functionName, operation: 'DeleteProvisionedConcurrencyConfig' });
  }
}

function inUse(message: string, cause?: unknown): VerdigrisError {
  return new VerdigrisError('EnvironmentInUseError', message, { cause });
}
