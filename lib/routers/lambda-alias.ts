import { awsOnly } from '../release/kind.ts';
import type { RouterKind } from './index.ts';
import { lambdaAliasSchema } from './lambda-alias/schema.ts';

export type { LambdaApi } from './lambda-alias/schema.ts';

/** A route that is an alias of a Lambda function. */
export const lambdaAliasKind: RouterKind = {
  kind: 'lambda-alias',
  schema: lambdaAliasSchema,
  fits: {
    environments: ['lambda-version'],
    because: 'an alias leads to published versions of one function',
  },
  async create(config, service, { lambda, clock, timers }) {
    if (!lambda) throw awsOnly('router', 'lambda-alias', service);
    const { createLambdaAliasRouter } = await import('./lambda-alias/router.ts');
    return createLambdaAliasRouter(config, { lambda, clock, timers });
  },
};
