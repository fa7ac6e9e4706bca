import type { LoadBalancingApi } from '../../../lib/aws/target-groups.ts';
import { awsError, createFakeClient, type FakeClient } from './aws-client.ts';

/** One registered target. */
export interface FakeTarget {
  id: string;
  port: number;
  state: string;
  reason?: string | undefined;
  /** So many looks until an `initial` one is `healthy` and a `draining` one is gone. */
  looksLeft: number;
}

/** A target group in memory. May be changed at any moment. */
export interface FakeTargetGroup {
  arn: string;
  name: string;
  /** A load balancer's listener or rule names it. */
  isAttached: boolean;
  tags: Map<string, string>;
  targets: FakeTarget[];
}

/** As much of Elastic Load Balancing as environments need, in memory. */
export interface FakeTargetGroups extends FakeClient {
  readonly elb: LoadBalancingApi;
  readonly groups: readonly FakeTargetGroup[];
  group(name: string): FakeTargetGroup;
  /** Looks of a new target at which it is `initial`. */
  healthLooks: number;
  /** Looks at which a target that is taken out is `draining`. */
  drainLooks: number;
  register(arn: string, id: string, port: number, looksLeft?: number): void;
  deregister(arn: string, id: string): void;
}

const arnOf = (name: string, index: number) =>
  `arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/${name}/${`${index + 1}`.repeat(16)}`;

/**
 * Target groups after what AWS documents: targets are `initial`, then `healthy`; `draining` for a while
 * once they are deregistered; `unused` with Target.NotInUse where no load balancer names the group
 * (API_TargetHealth). Each DescribeTargetHealth is a look.
 */
export function createFakeTargetGroups(names: readonly string[]): FakeTargetGroups {
  const groups: FakeTargetGroup[] = names.map((name, index) => ({
    arn: arnOf(name, index),
    name,
    isAttached: true,
    tags: new Map(),
    targets: [],
  }));

  function find(arn: unknown): FakeTargetGroup {
    const found = groups.find((group) => group.arn === arn);
    if (found) return found;
    throw awsError('TargetGroupNotFoundException', 'One or more target groups not found');
  }

  function look(group: FakeTargetGroup): void {
    for (const target of group.targets) {
      if (target.looksLeft > 0) target.looksLeft -= 1;
      else if (target.state === 'initial') target.state = 'healthy';
      else if (target.state === 'draining') target.state = 'gone';
    }
    group.targets = group.targets.filter(({ state }) => state !== 'gone');
  }

  const healthOf = ({ isAttached }: FakeTargetGroup, { state, reason }: FakeTarget) =>
    isAttached
      ? {
          State: state,
          Reason: reason ?? (state === 'initial' ? 'Elb.InitialHealthChecking' : undefined),
        }
      : { State: 'unused', Reason: 'Target.NotInUse' };

  const { send, faults } = createFakeClient('Elastic Load Balancing', {
    DescribeTargetGroups: ({ TargetGroupArns }) => ({
      TargetGroups: (TargetGroupArns as string[]).map(find).map(({ arn, name, isAttached }) => ({
        TargetGroupArn: arn,
        TargetGroupName: name,
        Protocol: 'HTTP',
        HealthCheckPath: '/healthz',
        HealthCheckIntervalSeconds: 30,
        LoadBalancerArns: isAttached
          ? ['arn:aws:elasticloadbalancing:…:loadbalancer/app/web/1']
          : [],
      })),
    }),
    DescribeTargetGroupAttributes({ TargetGroupArn }) {
      find(TargetGroupArn);
      return { Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '300' }] };
    },
    DescribeTags: ({ ResourceArns }) => ({
      TagDescriptions: (ResourceArns as string[]).map(find).map(({ arn, tags }) => ({
        ResourceArn: arn,
        Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
      })),
    }),
    DescribeTargetHealth({ TargetGroupArn }) {
      const group = find(TargetGroupArn);
      look(group);
      return {
        TargetHealthDescriptions: group.targets.map((target) => ({
          Target: { Id: target.id, Port: target.port },
          TargetHealth: healthOf(group, target),
        })),
      };
    },
    AddTags({ ResourceArns, Tags }) {
      const tags = Tags as { Key: string; Value: string }[];
      for (const { tags: had } of (ResourceArns as string[]).map(find))
        for (const { Key, Value } of tags) had.set(Key, Value);
      return {};
    },
    RemoveTags({ ResourceArns, TagKeys }) {
      for (const { tags } of (ResourceArns as string[]).map(find))
        for (const key of TagKeys as string[]) tags.delete(key);
      return {};
    },
  });

  const fake: FakeTargetGroups = Object.assign(faults, {
    elb: { send } as unknown as LoadBalancingApi,
    groups,
    healthLooks: 0,
    drainLooks: 0,
    group(name: string) {
      const found = groups.find((group) => group.name === name);
      if (found) return found;
      throw new Error(`there is no target group ${name}`);
    },
    register(arn: string, id: string, port: number, looksLeft = fake.healthLooks) {
      const isNow = looksLeft === 0;
      const target = { id, port, state: isNow ? 'healthy' : 'initial', looksLeft };
      find(arn).targets.push(target);
    },
    deregister(arn: string, id: string) {
      const group = find(arn);
      for (const target of group.targets.filter((one) => one.id === id)) {
        target.state = 'draining';
        target.looksLeft = fake.drainLooks;
      }
      if (fake.drainLooks === 0) group.targets = group.targets.filter((one) => one.id !== id);
    },
  });
  return fake;
}
