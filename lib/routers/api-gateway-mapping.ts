import type { AdapterConfig } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import type { Gateways, HttpApis, RestApis } from './api-gateway-mapping/calls.ts';
import { createCanaryMode } from './api-gateway-mapping/canary-mode.ts';
import { createMappingMode } from './api-gateway-mapping/mapping-mode.ts';
import { createModeRouter } from './api-gateway-mapping/mode.ts';
import { apiGatewayMappingSchema, parseConfig } from './api-gateway-mapping/schema.ts';
import { createStageVariableMode } from './api-gateway-mapping/stage-variable-mode.ts';
import type { RouterKind } from './index.ts';
import type { Router } from './router.ts';
import type { Time } from './within-lease.ts';

export type { HttpApis, RestApis } from './api-gateway-mapping/calls.ts';

/** What the adapter needs besides its part of the manifest. */
export interface ApiGatewayMappingDeps extends Time {
  /** Version 1: REST APIs, edge-optimized domains. */
  restApis: RestApis;
  /** Version 2: HTTP and WebSocket APIs, regional domains. */
  httpApis: HttpApis;
}

/** A route that API Gateway has: a custom domain's mapping, a stage's variable, or a stage's canary. */
export const apiGatewayMappingKind: RouterKind = {
  kind: 'api-gateway-mapping',
  schema: apiGatewayMappingSchema,
  fits: {
    environments: ['cloudformation-stack', 'prebuilt'],
    because:
      'it leads to stages, backends or deployments of API Gateway that an environment brings',
  },
  create(config, service, { restApis, httpApis, clock, timers }) {
    if (restApis && httpApis) {
      return createApiGatewayMappingRouter(config, { restApis, httpApis, clock, timers });
    }
    throw awsOnly('router', 'api-gateway-mapping', service);
  },
};

/**
 * A router over one mapping, variable or canary; `config` is the manifest's part as it was written.
 * API Gateway compares nothing: a change is refused by what was read just before it.
 * @throws ZodError when `config` is not valid.
 */
export function createApiGatewayMappingRouter(
  config: AdapterConfig,
  { restApis, httpApis, ...time }: ApiGatewayMappingDeps,
): Router {
  const gateways: Gateways = { rest: restApis, http: httpApis };
  const parsed = parseConfig(config);
  if (parsed.mode === 'mapping') return createModeRouter(createMappingMode(parsed, gateways), time);
  return parsed.mode === 'canary'
    ? createModeRouter(createCanaryMode(parsed, gateways), time)
    : createModeRouter(createStageVariableMode(parsed, gateways), time);
}
