import type { Stack } from '@aws-sdk/client-cloudformation';
import type { EnvironmentRef } from '../../release/document.ts';
import type { EnvironmentStatus } from '../environment.ts';
import { whyFailed } from './failures.ts';
import { findStack, isGoing, type OutputNames, type StackApi, toRef } from './stack.ts';

/** A change set takes seconds. */
const soonSeconds = 2;
/** A stack takes minutes, and every look is a part of the execution's history. */
const laterSeconds = 10;

/** All resources are there. A stack that was updated by somebody, or could not be, still works. */
const standing: ReadonlySet<string> = new Set([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
]);

/** It may stand once that is over. */
const moving: ReadonlySet<string> = new Set([
  'CREATE_IN_PROGRESS',
  'UPDATE_IN_PROGRESS',
  'UPDATE_ROLLBACK_IN_PROGRESS',
  'IMPORT_IN_PROGRESS',
  'IMPORT_ROLLBACK_IN_PROGRESS',
]);

/** Where a stack stands. Changes nothing. */
export async function statusOf(
  api: StackApi,
  ref: EnvironmentRef,
  outputs: OutputNames,
): Promise<EnvironmentStatus> {
  const found = await findStack(api, ref.id);
  if (!found) return status('gone', `there is no stack ${ref.id}`);
  if (isGoing(found)) return status('gone', 'the stack is being deleted');
  const { StackStatus = '' } = found;
  if (StackStatus === 'REVIEW_IN_PROGRESS')
    return status('pending', 'the change set is being made');
  if (standing.has(StackStatus)) return outputStatus(found, ref, outputs);
  if (moving.has(StackStatus)) {
    return status('pending', `the stack is ${StackStatus}`, laterSeconds);
  }
  return status('failed', `${StackStatus}: ${await whyFailed(api, found)}`);
}

/** Ready is only a ref that has every output: a router must not learn of one later. */
function outputStatus(stack: Stack, ref: EnvironmentRef, outputs: OutputNames): EnvironmentStatus {
  const now = toRef(stack, outputs);
  const missing = Object.keys(outputs).filter((key) => !has(now, key));
  if (missing.length > 0) return status('failed', missingOutputs(stack, missing, outputs));
  const isKnown = Object.keys(outputs).every((key) => has(ref, key));
  return isKnown ? status('ready', '') : status('pending', 'its outputs are being read', 1);
}

function has({ address, attributes }: EnvironmentRef, key: string): boolean {
  return key === 'address' ? address !== null : attributes[key] !== undefined;
}

function missingOutputs({ Outputs = [] }: Stack, missing: string[], outputs: OutputNames): string {
  const wanted = missing.map((key) => `${outputs[key]} (environment.outputs.${key})`).join(', ');
  const there = Outputs.map(({ OutputKey }) => OutputKey).join(', ') || 'none';
  return `the stack has no output ${wanted}; its outputs are ${there}`;
}

function status(
  state: EnvironmentStatus['state'],
  reason: string,
  retryAfterSeconds = soonSeconds,
): EnvironmentStatus {
  return { state, reason, retryAfterSeconds };
}
