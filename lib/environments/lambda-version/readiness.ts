import {
  type FunctionConfiguration,
  GetProvisionedConcurrencyConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { EnvironmentStatus } from '../environment.ts';
import { toOurs } from './errors.ts';
import { findConfiguration, isVersionNumber, type LambdaFunction } from './lambda-function.ts';

/** A version is prepared within seconds. */
const soonSeconds = 1;
/** Provisioned concurrency takes minutes, and every look is a part of the execution's history. */
const laterSeconds = 5;

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
 * Asks for provisioned concurrency, once. False while the version is not active, or Lambda is at work
 * on it: until then it takes no such request.
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
  return putConcurrency(fn, version, wanted);
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
  return status(
    'pending',
    `provisioned concurrency: ${available} of ${wanted} are up`,
    laterSeconds,
  );
}

/** How many containers are kept ready for a version, or will be; null where nobody asked for any. */
export async function readConcurrency(fn: LambdaFunction, version: string): Promise<number | null> {
  const found = await findConcurrency(fn, version);
  return found?.RequestedProvisionedConcurrentExecutions ?? null;
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

/**
 * Asking for the same again changes nothing. False while another operation on the version is under
 * way (API_PutProvisionedConcurrencyConfig, ResourceConflictException): ask again.
 */
export async function putConcurrency(
  { lambda, functionName }: LambdaFunction,
  version: string,
  wanted: number,
): Promise<boolean> {
  const command = new PutProvisionedConcurrencyConfigCommand({
    FunctionName: functionName,
    Qualifier: version,
    ProvisionedConcurrentExecutions: wanted,
  });
  try {
    await lambda.send(command);
    return true;
  } catch (error) {
    if (isCalled(error, 'ResourceConflictException')) return false;
    throw toOurs(error, { functionName, operation: 'PutProvisionedConcurrencyConfig' });
  }
}

function status(
  state: EnvironmentStatus['state'],
  reason: string,
  retryAfterSeconds = soonSeconds,
): EnvironmentStatus {
  return { state, reason, retryAfterSeconds };
}
