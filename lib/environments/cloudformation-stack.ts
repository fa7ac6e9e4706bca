import { awsOnly } from '../release/kind.ts';
import { cloudFormationStackSchema } from './cloudformation-stack/schema.ts';
import type { EnvironmentKind } from './index.ts';

export type { CloudFormationApi } from './cloudformation-stack/stack.ts';
export type { TemplateStore } from './cloudformation-stack/template.ts';

/** Environments that are CloudFormation stacks, one for each release. */
export const cloudFormationStackKind: EnvironmentKind = {
  kind: 'cloudformation-stack',
  schema: cloudFormationStackSchema,
  async create(config, service, { cloudFormation, s3, clock, log }) {
    if (!cloudFormation || !s3) throw awsOnly('environment', 'cloudformation-stack', service);
    const { createCloudFormationStackEnvironment } = await import(
      './cloudformation-stack/environment.ts'
    );
    const deps = { cloudFormation, s3, clock, log };
    return createCloudFormationStackEnvironment(config, service, deps);
  },
};
