import { DescribeTargetGroupAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { epochMs } from '../../release/clock.ts';
import { toOurs } from './errors.ts';
import { readTargets } from './health.ts';
import { type LoadBalancersApi, nameOf, readTags } from './target-group.ts';

/**
 * When a target group was taken out of its action, ISO 8601: on the group itself, as requests in flight
 * have its deregistration delay to end, and a step remembers nothing.
 */
export const detachedTag = 'verdigris:detached-at';

/** Whether a group that is out of its action may still have requests: its delay runs, or targets drain. */
export async function isBeingLetGo(
  api: LoadBalancersApi,
  arn: string,
  nowMs: number,
): Promise<boolean> {
  const since = (await readTags(api, [arn])).get(arn)?.[detachedTag];
  if (since !== undefined && nowMs < epochMs(since) + (await readDelayMs(api, arn))) return true;
  const targets = await readTargets(api, arn);
  return targets.some(({ TargetHealth }) => TargetHealth?.State === 'draining');
}

/** `deregistration_delay.timeout_seconds`, 300 unless set; a group of Lambda functions has none. */
async function readDelayMs(api: LoadBalancersApi, arn: string): Promise<number> {
  try {
    const command = new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn });
    const { Attributes = [] } = await api.send(command);
    const found = Attributes.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds');
    return Number(found?.Value ?? 0) * 1000;
  } catch (error) {
    throw toOurs(error, 'DescribeTargetGroupAttributes', nameOf(arn));
  }
}
