import type { EcsApi } from '../../../lib/environments/ecs-service/cluster.ts';
import { createFakeClient, type FakeClient } from './aws-client.ts';
import { createEcsControlPlane, type EcsKnobs, type EcsView } from './ecs-control-plane.ts';
import { createFakeTargetGroups, type FakeTargetGroups } from './target-groups.ts';

/** ECS in memory with one cluster, and faults to inject. */
export interface FakeEcs extends EcsKnobs, EcsView, FakeClient {
  readonly ecs: EcsApi;
  readonly targetGroups: FakeTargetGroups;
}

/** What a shop starts from. */
export interface FakeEcsOptions {
  /** The value of a variable of the released container. */
  secret?: string;
  /** Names of its target groups. */
  groups?: readonly string[];
  /** Milliseconds since the Unix epoch. */
  now?: () => number;
}

/**
 * A cluster `web` with a family `shop` and a service `shop` without tasks and target group, whose
 * settings are copied.
 * @example
 * const fake = createFakeEcs();
 * fake.startLooks = 2;
 */
export function createFakeEcs(options: FakeEcsOptions = {}): FakeEcs {
  const { secret = 'secret', groups = ['shop-a', 'shop-b'], now = () => 0 } = options;
  const knobs: EcsKnobs = {
    startLooks: 0,
    stopLooks: 0,
    inactiveLooks: 0,
    hiddenLooks: 0,
    showsInactive: false,
    roomForTasks: Number.POSITIVE_INFINITY,
  };
  const targetGroups = createFakeTargetGroups(groups);
  const { operations, view } = createEcsControlPlane(knobs, targetGroups, now);
  const { send, faults } = createFakeClient('ECS', operations);
  view.registerByHand({
    family: 'shop',
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    taskRoleArn: 'arn:aws:iam::123456789012:role/shop-task',
    executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [
      {
        name: 'web',
        image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1',
        portMappings: [{ containerPort: 8080 }],
        environment: [{ name: 'API_KEY', value: secret }],
        secrets: [{ name: 'DB_PASSWORD', valueFrom: 'arn:aws:ssm:…:parameter/db' }],
      },
      { name: 'logs', image: 'public.ecr.aws/fluent-bit:3', essential: false },
    ],
    tags: [
      { key: 'team', value: 'web' },
      { key: 'aws:cloudformation:stack-name', value: 'shop' },
    ],
  });
  view.createByHand({
    serviceName: 'shop',
    taskDefinition: 'shop',
    desiredCount: 0,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    healthCheckGracePeriodSeconds: 30,
    deploymentConfiguration: { maximumPercent: 200, minimumHealthyPercent: 100 },
    tags: [
      { key: 'team', value: 'web' },
      { key: 'aws:cloudformation:stack-name', value: 'shop' },
    ],
  });
  return Object.assign(knobs, view, faults, { ecs: { send } as unknown as EcsApi, targetGroups });
}
