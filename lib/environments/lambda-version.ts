import { awsOnly } from '../release/kind.ts';
import type { EnvironmentKind } from './index.ts';
import { lambdaVersionSchema } from './lambda-version/schema.ts';

export type { LambdaApi } from './lambda-version/lambda-function.ts';

/** Environments that are published versions of one Lambda function. */
export const lambdaVersionKind: EnvironmentKind = {
  kind: 'lambda-version',
  schema: lambdaVersionSchema,
  async create(config, service, { lambda, timers, log }) {
    if (!lambda) throw awsOnly('environment', 'lambda-version', service);
    const { createLambdaVersionEnvironment } = await import('./lambda-version/environment.ts');
    return createLambdaVersionEnvironment(config, { lambda, timers, log });
  },
};
