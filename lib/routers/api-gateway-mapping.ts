import { awsOnly } from '../release/kind.ts';
import { apiGatewayMappingSchema } from './api-gateway-mapping/schema.ts';
import type { RouterKind } from './index.ts';

export type { HttpApis, RestApis } from './api-gateway-mapping/calls.ts';

/** A route that API Gateway has: a custom domain's mapping, a stage's variable, or a stage's canary. */
export const apiGatewayMappingKind: RouterKind = {
  kind: 'api-gateway-mapping',
  schema: apiGatewayMappingSchema,
  hasWeights: ({ mode }) => mode === 'canary',
  fits: {
    environments: ['cloudformation-stack', 'prebuilt'],
    because:
      'it leads to stages, backends or deployments of API Gateway that an environment brings',
  },
  async create(config, service, { restApis, httpApis, clock, timers }) {
    if (!restApis || !httpApis) throw awsOnly('router', 'api-gateway-mapping', service);
    const { createApiGatewayMappingRouter } = await import('./api-gateway-mapping/router.ts');
    return createApiGatewayMappingRouter(config, { restApis, httpApis, clock, timers });
  },
};
