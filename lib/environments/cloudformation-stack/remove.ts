import {
  DeleteStackCommand,
  type Stack,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import type { Clock } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { isNamed, messageOf, VerdigrisError } from '../../release/errors.ts';
import type { Logger } from '../../release/logger.ts';
import type { EnvironmentStatus } from '../environment.ts';
import { orOurs } from './errors.ts';
import { latestOperation, reasonsIn, retainedIn } from './failures.ts';
import { findStack, isStackName, releaseOf, type StackApi } from './stack.ts';

/** What a stack is removed with. */
export interface StackRemover {
  api: StackApi;
  clock: Clock;
  log: Logger;
}

/** A deletion that failed longer ago than this is of an earlier retirement, and worth another try. */
const recentMs = 120_000;

/** What CloudFormation does not interrupt to delete a stack. */
const busy =
  /^(UPDATE|ROLLBACK|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)(_COMPLETE_CLEANUP)?_IN_PROGRESS$/;

/** Keeps a stack from being deleted by anybody while it is live, or the way back. */
export async function protectStack(api: StackApi, stackName: string): Promise<EnvironmentStatus> {
  const found = await findStack(api, stackName);
  if (!found) throw new VerdigrisError('ProvisionFailedError', `there is no stack ${stackName}`);
  if (!found.EnableTerminationProtection) await setProtection(api, stackName, true);
  return { state: 'ready', reason: '', retryAfterSeconds: 1 };
}

/**
 * Deletes a stack and says `pending` until it is gone. Its protection goes right before that.
 * @throws RetireFailedError naming the resources that would not go, or when the stack was not made for a
 * release: it may hold more than an environment.
 */
export async function removeStack(
  remover: StackRemover,
  ref: EnvironmentRef,
): Promise<'retired' | 'pending'> {
  const { api, clock } = remover;
  const found = isStackName(ref.id) ? await findStack(api, ref.id) : null;
  if (!found) {
    await tellRetained(remover, ref);
    return 'retired';
  }
  const { StackStatus = '' } = found;
  throwIfForeign(found);
  if (StackStatus === 'DELETE_IN_PROGRESS' || busy.test(StackStatus)) return 'pending';
  if (StackStatus === 'DELETE_FAILED') await throwIfJustFailed(api, found, clock);
  await deleteStack(api, found);
  return 'pending';
}

/** A stack in review has no tags yet, and nothing to lose. */
function throwIfForeign(stack: Stack): void {
  if (releaseOf(stack) !== undefined || stack.StackStatus === 'REVIEW_IN_PROGRESS') return;
  throw new VerdigrisError(
    'RetireFailedError',
    `stack ${stack.StackName} was not made for a release, so it is left alone; delete it yourself once nothing else in it is needed: aws cloudformation delete-stack --stack-name ${stack.StackName}`,
  );
}

async function throwIfJustFailed(api: StackApi, stack: Stack, clock: Clock): Promise<void> {
  const stackName = stack.StackName ?? '';
  const { events, endedAtMs } = await latestOperation(api, stackName);
  if (endedAtMs !== null && clock.now() - endedAtMs > recentMs) return;
  const reasons = (await reasonsIn(api, events)).join('; ') || stack.StackStatusReason;
  throw new VerdigrisError(
    'RetireFailedError',
    `stack ${stackName} would not go: ${reasons}; mend that, then: verdigris doctor --fix`,
  );
}

async function deleteStack(api: StackApi, stack: Stack): Promise<void> {
  const stackName = stack.StackName ?? '';
  if (stack.EnableTerminationProtection) await setProtection(api, stackName, false);
  await orOurs(api.cloudFormation.send(new DeleteStackCommand({ StackName: stackName })), {
    stackName,
    operation: 'DeleteStack',
  });
}

async function setProtection(api: StackApi, stackName: string, isOn: boolean): Promise<void> {
  const command = new UpdateTerminationProtectionCommand({
    StackName: stackName,
    EnableTerminationProtection: isOn,
  });
  const call = { stackName, operation: 'UpdateTerminationProtection' };
  await orOurs(api.cloudFormation.send(command), call);
}

/** Somebody pays for what a DeletionPolicy keeps. Events are there for 90 days after a stack is gone. */
async function tellRetained(
  { api, log }: StackRemover,
  { attributes }: EnvironmentRef,
): Promise<void> {
  const { stackId } = attributes;
  if (!stackId) return;
  try {
    const retained = retainedIn((await latestOperation(api, stackId)).events);
    if (retained.length === 0) return;
    log.warn('resources of a deleted stack were kept by their DeletionPolicy', {
      stackId,
      retained,
    });
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    log.warn('what a deleted stack left behind is not known', {
      stackId,
      reason: messageOf(error),
    });
  }
}
