import {
  type DescribeChangeSetOutput,
  DescribeEventsCommand,
  DescribeStackEventsCommand,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { orOurs } from './errors.ts';
import type { StackApi } from './stack.ts';

/** A page has up to 100 events or 1 MB. A stack of 500 resources has some 1,500 of one operation. */
const mostPages = 20;
/** Nested stacks are looked into so deep. */
const mostDepth = 3;
/** The first failures are the causes; the others follow from them. */
const mostReasons = 3;

/** What begins an operation; events before it are of an earlier one. */
const beginnings: ReadonlySet<string> = new Set([
  'CREATE_IN_PROGRESS',
  'UPDATE_IN_PROGRESS',
  'IMPORT_IN_PROGRESS',
  'DELETE_IN_PROGRESS',
]);

/** The events of a stack's latest operation. */
export interface LatestOperation {
  /** Oldest first. */
  events: StackEvent[];
  /** Milliseconds since the Unix epoch of its last event; null where there is none. */
  endedAtMs: number | null;
}

/** A stack by its name, or by its id, which is found after it was deleted too. */
export async function latestOperation(
  { cloudFormation }: StackApi,
  nameOrId: string,
): Promise<LatestOperation> {
  const events: StackEvent[] = [];
  let token: string | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const command = new DescribeStackEventsCommand({
      StackName: nameOrId,
      ...(token && { NextToken: token }),
    });
    const call = { stackName: nameOrId, operation: 'DescribeStackEvents' };
    const { StackEvents = [], NextToken } = await orOurs(cloudFormation.send(command), call);
    // Newest first.
    const first = StackEvents.findIndex((event) => isOwn(event) && isBeginning(event));
    events.push(...(first < 0 ? StackEvents : StackEvents.slice(0, first + 1)));
    token = NextToken;
    if (first >= 0 || !token) break;
  }
  return { events: events.reverse(), endedAtMs: events.at(-1)?.Timestamp?.getTime() ?? null };
}

function isOwn({ PhysicalResourceId, StackId }: StackEvent): boolean {
  return PhysicalResourceId === StackId;
}

function isBeginning({ ResourceStatus }: StackEvent): boolean {
  return ResourceStatus !== undefined && beginnings.has(ResourceStatus);
}

/**
 * Why a stack failed: the resources that did, the first of them first, with what CloudFormation says of
 * each. What was merely cancelled because of them is left out.
 */
export async function whyFailed(
  api: StackApi,
  { StackId, StackName, StackStatusReason }: Stack,
): Promise<string> {
  const { events } = await latestOperation(api, StackName ?? StackId ?? '');
  const reasons = await reasonsIn(api, events, mostDepth);
  return reasons.slice(0, mostReasons).join('; ') || StackStatusReason || 'no reason is given';
}

/** The reasons among the events of one operation. */
export async function reasonsIn(
  api: StackApi,
  events: StackEvent[],
  depth = mostDepth,
): Promise<string[]> {
  const failed = events.filter(
    (event) => !isOwn(event) && hasFailed(event) && !/cancelled/i.test(reasonOf(event)),
  );
  const reasons: string[] = [];
  for (const event of failed.slice(0, mostReasons)) {
    reasons.push(...(await withinNested(api, event, depth)));
  }
  return reasons;
}

/** Of a nested stack that failed CloudFormation says no more than that. */
async function withinNested(api: StackApi, event: StackEvent, depth: number): Promise<string[]> {
  const { LogicalResourceId, PhysicalResourceId, ResourceType } = event;
  const own = `${LogicalResourceId} (${ResourceType}): ${reasonOf(event)}`;
  if (ResourceType !== 'AWS::CloudFormation::Stack' || !PhysicalResourceId || depth === 0) {
    return [own];
  }
  const { events } = await latestOperation(api, PhysicalResourceId);
  const inside = await reasonsIn(api, events, depth - 1);
  return inside.length > 0 ? inside.map((reason) => `${LogicalResourceId}/${reason}`) : [own];
}

function hasFailed({ ResourceStatus }: StackEvent): boolean {
  return ResourceStatus?.endsWith('_FAILED') ?? false;
}

function reasonOf({ ResourceStatusReason }: StackEvent): string {
  return ResourceStatusReason || 'no reason is given';
}

/** What was kept because its DeletionPolicy says so. */
export function retainedIn(events: readonly StackEvent[]): string[] {
  return events
    .filter(({ ResourceStatus }) => ResourceStatus === 'DELETE_SKIPPED')
    .map(({ PhysicalResourceId, ResourceType }) => `${PhysicalResourceId} (${ResourceType})`);
}

/**
 * Why a change set could not be created. For what its early validation finds, CloudFormation refers to
 * DescribeEvents (API_DescribeEvents); if that is not to be had, its own words have to do.
 */
export async function whyChangeSetFailed(
  { cloudFormation }: StackApi,
  { ChangeSetId, StatusReason = 'no reason is given' }: DescribeChangeSetOutput,
): Promise<string> {
  if (!/DescribeEvents/.test(StatusReason) || !ChangeSetId) return StatusReason;
  const command = new DescribeEventsCommand({
    ChangeSetName: ChangeSetId,
    Filters: { FailedEvents: true },
  });
  const found = await cloudFormation.send(command).catch(() => null);
  const reasons = (found?.OperationEvents ?? []).flatMap(
    ({ LogicalResourceId, ValidationPath, ValidationStatusReason }) =>
      ValidationStatusReason
        ? [`${ValidationPath ?? LogicalResourceId}: ${ValidationStatusReason}`]
        : [],
  );
  return reasons.slice(0, mostReasons).join('; ') || StatusReason;
}
