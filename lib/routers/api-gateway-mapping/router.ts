import type { AdapterConfig } from '../../release/json.ts';
import type { Router } from '../router.ts';
import type { Time } from '../within-lease.ts';
import type { Gateways, HttpApis, RestApis } from './calls.ts';
import { createCanaryMode } from './canary-mode.ts';
import { createMappingMode } from './mapping-mode.ts';
import { createModeRouter } from './mode.ts';
import { parseConfig } from './schema.ts';
import { createStageVariableMode } from './stage-variable-mode.ts';

/** What the adapter needs besides its part of the manifest. */
export interface ApiGatewayMappingDeps extends Time {
  /** Version 1: REST APIs, edge-optimized domains. */
  restApis: RestApis;
  /** Version 2: HTTP and WebSocket APIs, regional domains. */
  httpApis: HttpApis;
}

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
