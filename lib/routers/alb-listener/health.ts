import {
  DescribeTargetHealthCommand,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AlbListenerConfig } from './config.ts';
import { toOurs } from './errors.ts';
import { type LoadBalancersApi, nameOf } from './target-group.ts';

/** The targets of one side. */
export interface SideHealth {
  /** Of the target group. */
  arn: string;
  /** Gets more traffic by the shift than it has; of the other side it is expected to take it back. */
  isGreen: boolean;
  targets: readonly TargetHealthDescription[];
}

/** What the manifest asks of both sides. */
export type HealthPolicy = Pick<
  AlbListenerConfig,
  'minHealthyTargets' | 'minHealthyShare' | 'allowUnhealthyBlue'
>;

/** Every target of a group, also those that are being let go. */
export async function readTargets(
  api: LoadBalancersApi,
  arn: string,
): Promise<TargetHealthDescription[]> {
  try {
    const command = new DescribeTargetHealthCommand({ TargetGroupArn: arn });
    const { TargetHealthDescriptions = [] } = await api.send(command);
    return TargetHealthDescriptions;
  } catch (error) {
    throw toOurs(error, 'DescribeTargetHealth', nameOf(arn));
  }
}

/**
 * Why traffic must not move yet, in one line; empty when it may. Green needs as many healthy targets as
 * the manifest says, by number and by share of what blue has registered; blue needs that number too,
 * as it may have to take everything back.
 * @param isAttached Whether the groups are in use. Before a first release they are not, and nothing
 * checks their health: that they are registered has to do, as nobody is served yet.
 */
export function findUnhealthy(
  sides: readonly SideHealth[],
  policy: HealthPolicy,
  isAttached: boolean,
): string {
  const blueSize = Math.max(0, ...sides.filter(({ isGreen }) => !isGreen).map(sizeOf));
  const wanting = sides.flatMap((side) => {
    const needed = neededOf(side, policy, blueSize);
    const isWell = (target: TargetHealthDescription) =>
      isHealthy(target) || (!isAttached && isUnchecked(target));
    const healthy = side.targets.filter(isWell).length;
    return healthy < needed ? [describe(side, healthy, needed, isWell)] : [];
  });
  return wanting.join('; ');
}

function neededOf({ isGreen }: SideHealth, policy: HealthPolicy, blueSize: number): number {
  if (isGreen)
    return Math.max(policy.minHealthyTargets, Math.ceil(policy.minHealthyShare * blueSize));
  return policy.allowUnhealthyBlue ? 0 : policy.minHealthyTargets;
}

/** Targets that are meant to serve: neither on their way out, nor stopped. */
function sizeOf({ targets }: SideHealth): number {
  return targets.filter(({ TargetHealth }) => !leaving.has(TargetHealth?.State ?? '')).length;
}

const leaving = new Set(['draining', 'unhealthy.draining', 'unused']);

/** A group whose health checks are off, such as one with a Lambda function, has nothing but `unavailable`. */
function isHealthy({ TargetHealth }: TargetHealthDescription): boolean {
  if (TargetHealth?.State === 'healthy') return true;
  return TargetHealth?.Reason === 'Target.HealthCheckDisabled';
}

function isUnchecked({ TargetHealth }: TargetHealthDescription): boolean {
  return TargetHealth?.Reason === 'Target.NotInUse';
}

/** Targets that are told one by one. */
const toldTargets = 3;

function describe(
  { arn, isGreen, targets }: SideHealth,
  healthy: number,
  needed: number,
  isWell: (target: TargetHealthDescription) => boolean,
): string {
  const bad = targets.filter((target) => !isWell(target));
  const told = bad.slice(0, toldTargets).map(describeTarget);
  const more = bad.length > toldTargets ? [`and ${bad.length - toldTargets} more`] : [];
  const list = [...told, ...more].join(', ');
  const why = isGreen ? '' : ' for the way back (unless allowUnhealthyBlue is true)';
  const summary = `${nameOf(arn)} has ${healthy} of ${targets.length} targets healthy and needs ${needed}${why}`;
  return list ? `${summary}: ${list}` : summary;
}

function describeTarget({ Target, TargetHealth }: TargetHealthDescription): string {
  const port = Target?.Port === undefined ? '' : `:${Target.Port}`;
  return `${Target?.Id}${port} ${TargetHealth?.Reason ?? TargetHealth?.State ?? 'unknown'}`;
}
