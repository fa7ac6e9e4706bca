import type { HttpApis, RestApis } from '../../../lib/routers/api-gateway-mapping.ts';
import { httpOperations } from './api-gateway/http-apis.ts';
import { restOperations } from './api-gateway/rest-apis.ts';
import { createApiGatewayState, type GatewayView } from './api-gateway/state.ts';
import { createFakeCalls, type FakeCalls } from './sdk-client.ts';

/**
 * API Gateway in memory: both control planes over the same domains, with faults to inject. Commands of
 * REST APIs (version 1) are known as `rest.GetStage`, those of version 2 as `http.GetStage`.
 */
export interface FakeApiGateway extends FakeCalls, GatewayView {
  readonly restApis: RestApis;
  readonly httpApis: HttpApis;
}

/**
 * A fake of both clients for tests.
 * @example
 * const fake = createFakeApiGateway();
 * fake.makeDomain('api.shop.example');
 * fake.failNext('http.UpdateApiMapping', 'TooManyRequestsException');
 */
export function createFakeApiGateway(): FakeApiGateway {
  const { state, view } = createApiGatewayState();
  const { createSend, ...calls } = createFakeCalls('API Gateway');
  const restApis = { send: createSend(restOperations(state), 'rest.') } as unknown as RestApis;
  const httpApis = { send: createSend(httpOperations(state), 'http.') } as unknown as HttpApis;
  return Object.assign(view, calls, { restApis, httpApis });
}
