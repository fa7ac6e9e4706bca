import type { Clock, Timers } from '../release/clock.ts';
import type { AdapterConfig } from '../release/json.ts';
import { findKind } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { KindSchema } from '../release/manifest.ts';
import { type AutoScalingApi, autoScalingGroupKind, type Ec2Api } from './auto-scaling-group.ts';
import {
  type CloudFormationApi,
  cloudFormationStackKind,
  type TemplateStore,
} from './cloudformation-stack.ts';
import { type EcsApi, ecsServiceKind, type LoadBalancingApi } from './ecs-service.ts';
import type { Environment } from './environment.ts';
import { type LambdaApi, lambdaVersionKind } from './lambda-version.ts';
import { prebuiltKind } from './prebuilt.ts';
import type { ProcessSupervisor } from './process/supervisor.ts';
import { processKind } from './process.ts';

/** What a platform gives its environments. */
export interface EnvironmentDeps {
  clock: Clock;
  timers: Timers;
  log: Logger;
  /** Only the local platform has one. */
  supervisor?: ProcessSupervisor;
  /** Lambda's client; only AWS has one. */
  lambda?: LambdaApi;
  /** CloudFormation's client; only AWS has one. */
  cloudFormation?: CloudFormationApi;
  /** S3's client; only AWS has one. */
  s3?: TemplateStore;
  /** ECS's client; only AWS has one. */
  ecs?: EcsApi;
  /** Auto Scaling's client; only AWS has one. */
  autoScaling?: AutoScalingApi;
  /** EC2's client; only AWS has one. */
  ec2?: Ec2Api;
  /** Elastic Load Balancing's client; only AWS has one. */
  elb?: LoadBalancingApi;
}

/** A kind of environment: its name, its part of the manifest, and how one is made. */
export interface EnvironmentKind extends KindSchema {
  /** @throws KindUnavailableError when the platform lacks what this kind needs. */
  create(
    config: AdapterConfig,
    service: string,
    deps: EnvironmentDeps,
  ): Environment | Promise<Environment>;
}

/** Every kind of environment. Another one is another line. */
export const environmentKinds: readonly EnvironmentKind[] = [
  processKind,
  lambdaVersionKind,
  prebuiltKind,
  cloudFormationStackKind,
  ecsServiceKind,
  autoScalingGroupKind,
];

/**
 * The environments of a service, from its part of the manifest.
 * @throws KindUnavailableError naming the kind and the platform that has it.
 */
export async function createEnvironment(
  config: AdapterConfig,
  service: string,
  deps: EnvironmentDeps,
): Promise<Environment> {
  return findKind('environment', config, environmentKinds).create(config, service, deps);
}
