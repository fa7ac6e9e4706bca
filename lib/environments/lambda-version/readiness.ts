import {
  type FunctionConfiguration,
  GetProvisionedConcurrencyConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { EnvironmentStatus } from '../environment.ts';
import { orOurs, toOurs } from './errors.ts';
import { findConfiguration, isVersionNumber, type LambdaFunction } from './lambda-function.ts';

const retryAfterSeconds = 1;

/**
 * Where a version stands: its own state (dg/functions-states), then, where the manifest asks for it,
 * that of its provisioned concurrency. Changes nothing: a version that never got any is ready without,
 * so that a manifest which asks for it now does not keep an older version from taking traffic back.
 */
export async function readStatus(
  fn: LambdaFunction,
  version: string,
  provisionedConcurrency: number,
): Promise<EnvironmentStatus> {
  const found = isVersionNumber(version) ? await findConfiguration(fn, version) : null;
  if (!found) return status('gone', `${fn.functionName} has no version ${version}`);
  const own = ownStatus(found);
  if (own.state !== 'ready' || provisionedConcurrency === 0) return own;
  return (await concurrencyStatus(fn, version, provisionedConcurrency)) ?? own;
}

/**
 * Asks for provisioned concurrency, once. False while the version is not active: until then Lambda
 * takes no such request.
 */
export async function ensureConcurrency(
  fn: LambdaFunction,
  version: string,
  wanted: number,
): Promise<boolean> {
  if (wanted === 0) return true;
  // A list of versions leaves their states out (API_ListFunctions).
  const found = await findConfiguration(fn, version);
  if (found?.State === 'Pending') return false;
  if (found?.State === 'Failed' || (await findConcurrency(fn, version))) return true;
  await putConcurrency(fn, version, wanted);
  return true;
}

function ownStatus({ State, StateReason, StateReasonCode }: FunctionConfiguration) {
  const reason = [StateReason, StateReasonCode && `(${StateReasonCode})`].filter(Boolean).join(' ');
  if (State === 'Pending') return status('pending', reason || 'Lambda is preparing the version');
  if (State === 'Failed') return status('failed', reason || 'Lambda gives no reason');
  if (State === 'Inactive')
    return status('ready', 'idle for long: its first invocation wakes it and may be refused');
  return status('ready', '');
}

async function concurrencyStatus(
  fn: LambdaFunction,
  version: string,
  wanted: number,
): Promise<EnvironmentStatus | null> {
  const found = await findConcurrency(fn, version);
  if (!found) return null;
  if (found.Status === 'READY') return status('ready', '');
  if (found.Status === 'FAILED')
    return status('failed', `provisioned concurrency: ${found.StatusReason ?? 'no reason given'}`);
  const available = found.AvailableProvisionedConcurrentExecutions ?? 0;
  return status('pending', `provisioned concurrency: ${available} of ${wanted} are up`);
}

async function findConcurrency({ lambda, functionName }: LambdaFunction, version: string) {
  const command = new GetProvisionedConcurrencyConfigCommand({
    FunctionName: functionName,
    Qualifier: version,
  });
  try {
    return await lambda.send(command);
  } catch (error) {
    if (isCalled(error, 'ProvisionedConcurrencyConfigNotFoundException')) return null;
    throw toOurs(error, { functionName, operation: 'GetProvisionedConcurrencyConfig' });
  }
}

/** Asking for the same again changes nothing. */
export async function putConcurrency(
  { lambda, functionName }: LambdaFunction,
  version: string,
  wanted: number,
): Promise<void> {
  const command = new PutProvisionedConcurrencyConfigCommand({
    FunctionName: functionName,
    Qualifier: version,
    ProvisionedConcurrentExecutions: wanted,
  });
  const call = { functionName, operation: 'PutProvisionedConcurrencyConfig' };
  await orOurs(lambda.send(command), call);
}

function status(state: EnvironmentStatus['state'], reason: string): EnvironmentStatus {
  return { state, reason, retryAfterSeconds };
}
