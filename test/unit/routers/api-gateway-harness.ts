import { expect } from 'vitest';
import type { EnvironmentRef, Weights } from '../../../lib/release/document.ts';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { createApiGatewayMappingRouter } from '../../../lib/routers/api-gateway-mapping/router.ts';
import type { Route } from '../../../lib/routers/router.ts';
import { createFakeApiGateway } from '../../support/fakes/api-gateway.ts';
import { fakeEnvironment } from '../../support/fakes/router.ts';
import { createSleepingClock } from '../../support/virtual-clock.ts';

/** Attributes of environments by their id, as their adapter would give them. */
type Attributes = Record<string, Record<string, string>>;

/** A router over a fake API Gateway, on virtual time. */
export function prepareRouter(config: Omit<AdapterConfig, 'kind'>, attributes: Attributes) {
  const fake = createFakeApiGateway();
  const clock = createSleepingClock();
  const router = createApiGatewayMappingRouter(
    { kind: 'api-gateway-mapping', ...config },
    { restApis: fake.restApis, httpApis: fake.httpApis, clock, timers: clock },
  );
  const environment = (id: string): EnvironmentRef => ({
    ...fakeEnvironment(id),
    attributes: attributes[id] ?? {},
  });
  const desire = (weights: Weights, ids = Object.keys(weights)) => ({
    weights,
    environments: ids.map(environment),
  });
  const lease = (forMs = 30_000) => ({
    releaseId: 'r1',
    epoch: 4,
    deadlineMs: clock.now() + forMs,
  });
  const change = (from: Route, weights: Weights, forMs?: number) =>
    router.apply(router.plan(from, desire(weights)), lease(forMs));
  const shift = async (weights: Weights) => change(await router.read(), weights);
  return { fake, clock, router, desire, change, shift };
}

/** An error of ours with this name, and a message like that. */
export const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });
