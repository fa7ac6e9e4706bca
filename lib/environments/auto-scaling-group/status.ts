import { type Activity, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import { orOurs } from '../../aws/provider-errors.ts';
import { unhealthiness } from '../../aws/target-group-choice.ts';
import { readTargetGroup } from '../../aws/target-groups.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { EnvironmentStatus } from '../environment.ts';
import { type Fleet, targetGroupOf } from './fleet.ts';
import { capacityInService, type Group, groupCall, isBeingDeleted } from './groups.ts';

/** Instances take minutes, and every look is a part of the execution's history. */
const laterSeconds = 10;
/** Launches that fail in a row, none of which ever worked, as with ECS's circuit breaker. */
const launchesThatFail = 3;
const longestReason = 1000;

/**
 * Where a group stands: its instances, then its targets. Auto Scaling tries for ever; three launches that
 * failed, and none that ever worked, are a failure, and so is a group that is not ready in time.
 * @param nowMs Milliseconds since the Unix epoch; null where age does not matter.
 */
export async function statusOf(
  fleet: Fleet,
  name: string,
  group: Group | null,
  nowMs: number | null,
): Promise<EnvironmentStatus> {
  if (!group || isBeingDeleted(group))
    return status('gone', `there is no Auto Scaling group ${name}`);
  const { DesiredCapacity: wanted = 0 } = group;
  if (wanted === 0) return status('gone', `${name} has no instances: its desired capacity is 0`);
  const missing = await missingIn(fleet, group);
  if (missing === null) return status('ready', '');
  const activities = await readActivities(fleet, name);
  const reasons = lines(missing, ...failuresOf(activities));
  if (hasGivenUp(activities)) return status('failed', reasons);
  const ageSeconds = nowMs === null ? 0 : (nowMs - (group.CreatedTime?.getTime() ?? nowMs)) / 1000;
  if (ageSeconds <= fleet.readyWithin) return status('pending', reasons);
  return status('failed', lines(`not ready within ${formatDuration(fleet.readyWithin)}`, reasons));
}

/** What it lacks to take traffic, in one line; null when nothing is missing. */
async function missingIn(fleet: Fleet, group: Group): Promise<string | null> {
  const { DesiredCapacity: wanted = 0, Instances = [] } = group;
  const inService = capacityInService(group);
  if (inService < wanted) return `${inService} of ${wanted} are in service`;
  const arn = targetGroupOf(fleet, group);
  if (!arn) return null;
  const serving = Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').length;
  return unhealthiness(await readTargetGroup(fleet.elb, arn), serving);
}

/** The newest ones first, those under way before them (API_DescribeScalingActivities). */
async function readActivities({ autoScaling }: Fleet, name: string): Promise<Activity[]> {
  const command = new DescribeScalingActivitiesCommand({
    AutoScalingGroupName: name,
    MaxRecords: 20,
  });
  const call = groupCall('DescribeScalingActivities', name);
  return (await orOurs(autoScaling.send(command), call)).Activities ?? [];
}

const hasFailed = ({ StatusCode }: Activity) => StatusCode === 'Failed';

function failuresOf(activities: readonly Activity[]): string[] {
  const failed = activities.filter(hasFailed);
  return [...new Set(failed.flatMap(({ StatusMessage }) => StatusMessage ?? []))].slice(0, 3);
}

/** A lack of machines of a type may end by itself. */
function hasGivenUp(activities: readonly Activity[]): boolean {
  const failed = activities.filter(hasFailed);
  const isLasting = failed.every(
    ({ StatusMessage = '' }) => !/sufficient .*capacity/i.test(StatusMessage),
  );
  const hasWorked = activities.some(({ StatusCode }) => StatusCode === 'Successful');
  return failed.length >= launchesThatFail && isLasting && !hasWorked;
}

function lines(...parts: string[]): string {
  return parts.filter(Boolean).join('\n').slice(0, longestReason);
}

function status(state: EnvironmentStatus['state'], reason: string): EnvironmentStatus {
  return { state, reason, retryAfterSeconds: laterSeconds };
}
