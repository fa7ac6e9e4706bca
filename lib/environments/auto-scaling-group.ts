import { awsOnly } from '../release/kind.ts';
import { autoScalingGroupSchema } from './auto-scaling-group/schema.ts';
import type { EnvironmentKind } from './index.ts';

export type { AutoScalingApi } from './auto-scaling-group/groups.ts';
export type { Ec2Api } from './auto-scaling-group/machine-image.ts';

/** Environments that are Auto Scaling groups, each in a target group. */
export const autoScalingGroupKind: EnvironmentKind = {
  kind: 'auto-scaling-group',
  schema: autoScalingGroupSchema,
  async create(config, service, { autoScaling, ec2, elb, clock }) {
    if (!autoScaling || !ec2 || !elb) throw awsOnly('environment', 'auto-scaling-group', service);
    const { createAutoScalingGroupEnvironment } = await import(
      './auto-scaling-group/environment.ts'
    );
    return createAutoScalingGroupEnvironment(config, service, { autoScaling, ec2, elb, clock });
  },
};
