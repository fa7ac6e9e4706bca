import { unhealthiness } from '../../aws/target-group-choice.ts';
import { readTargetGroup } from '../../aws/target-groups.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { EnvironmentStatus } from '../environment.ts';
import type { EcsService } from './cluster.ts';
import { primaryOf } from './settings.ts';
import { groupOf, type Shop } from './shop.ts';
import { isMissingImage, stoppedReasons } from './stopped-tasks.ts';

/** Tasks take half a minute and more, and every look is a part of the execution's history. */
const laterSeconds = 5;

/** Longest reason, which travels through the state machine. */
const longestReason = 1000;

/**
 * Where a service stands: its rollout, then its tasks, then its targets. ECS itself calls a rollout
 * completed only once the load balancer calls its tasks healthy (API_CreateService); targets are looked
 * at for what happens after that.
 * @param nowMs Milliseconds since the Unix epoch, for a rollout that takes too long; null where whoever asks has a
 * limit of their own.
 */
export async function statusOf(
  shop: Shop,
  name: string,
  found: EcsService | null,
  nowMs: number | null,
): Promise<EnvironmentStatus> {
  if (found?.status !== 'ACTIVE')
    return status('gone', `there is no active service ${name} in cluster ${shop.cluster}`);
  const { desiredCount = 0, runningCount = 0 } = found;
  if (desiredCount === 0) return status('gone', `${name} has no tasks: its desired count is 0`);
  const rollout = await rolloutStatus(shop, found, nowMs);
  if (rollout) return rollout;
  if (runningCount < desiredCount) return pendingTasks(found);
  return (await targetStatus(shop, found)) ?? status('ready', '');
}

/** Null once the rollout is through; services with another deployment controller have none. */
async function rolloutStatus(
  shop: Shop,
  found: EcsService,
  nowMs: number | null,
): Promise<EnvironmentStatus | null> {
  const { rolloutState, rolloutStateReason = '', failedTasks = 0 } = primaryOf(found) ?? {};
  if (rolloutState === undefined || rolloutState === 'COMPLETED') return null;
  const hasFailures = failedTasks > 0 || rolloutState === 'FAILED';
  const reasons = hasFailures ? await stoppedReasons(shop, found.serviceName) : [];
  if (rolloutState === 'FAILED') return status('failed', lines(rolloutStateReason, ...reasons));
  const missing = reasons.find(isMissingImage);
  if (missing) return status('failed', missing);
  const waitingFor = [pendingTasks(found).reason, ...reasons, trouble(found)];
  const ageSeconds = nowMs === null ? 0 : (nowMs - (found.createdAt?.getTime() ?? nowMs)) / 1000;
  if (ageSeconds <= shop.readyWithin) return status('pending', lines(...waitingFor));
  const limit = `not ready within ${formatDuration(shop.readyWithin)}`;
  return status('failed', lines(limit, ...waitingFor));
}

function pendingTasks(found: EcsService): EnvironmentStatus {
  const { desiredCount = 0, runningCount = 0 } = found;
  return status('pending', lines(`${runningCount} of ${desiredCount} tasks run`, trouble(found)));
}

/** The newest event when it tells of trouble, such as tasks that find no place. */
function trouble({ events = [] }: EcsService): string {
  const message = events[0]?.message ?? '';
  return /unable|unhealthy|fail|error/i.test(message) ? message : '';
}

async function targetStatus(shop: Shop, found: EcsService): Promise<EnvironmentStatus | null> {
  const arn = groupOf(shop, found);
  if (!arn) return null;
  const reason = unhealthiness(await readTargetGroup(shop.elb, arn), found.desiredCount ?? 0);
  return reason === null ? null : status('pending', reason);
}

function lines(...parts: string[]): string {
  return [...new Set(parts.filter((part) => part !== ''))].join('\n').slice(0, longestReason);
}

function status(state: EnvironmentStatus['state'], reason: string): EnvironmentStatus {
  return { state, reason, retryAfterSeconds: laterSeconds };
}
