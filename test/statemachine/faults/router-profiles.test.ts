import { describe, expect, it } from 'vitest';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createRouter, type RouterDeps, routerKinds } from '../../../lib/routers/index.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { routerConfigs, routerProfiles } from './router-profiles.ts';

const clock = createVirtualClock();
const client = { send: () => Promise.reject(new Error('nobody is asked')) };

/** Every client that a router may take; facts need none. */
const deps = {
  clock,
  timers: clock,
  log: silentLogger,
  localProxy: {},
  lambda: client,
  restApis: client,
  httpApis: client,
  cloudFront: client,
  keyValueStore: client,
  loadBalancers: client,
  route53: client,
} as unknown as RouterDeps;

describe('the routers that the harness plays', () => {
  it('are all that there are', () => {
    const kinds = routerKinds.map(({ kind }) => kind).toSorted();

    expect(Object.keys(routerProfiles).toSorted()).toEqual(kinds);
    expect(Object.keys(routerConfigs).toSorted()).toEqual(kinds);
  });

  it.each(Object.keys(routerProfiles))('are as %s says of itself', async (kind) => {
    const { facts, readiness } = await createRouter(
      routerConfigs[kind] as AdapterConfig,
      'shop',
      deps,
    );
    const profile = routerProfiles[kind];

    expect({
      isConditional: profile?.isConditional,
      isAtomic: profile?.isAtomic,
      supportsWeights: profile?.supportsWeights,
      maxPropagationSeconds: profile?.propagationSeconds,
      getsReady: profile?.healthyAfterCalls !== null,
    }).toEqual({ ...facts, getsReady: readiness !== undefined });
  });
});
