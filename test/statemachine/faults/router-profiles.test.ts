import { describe, expect, it } from 'vitest';
import type { AdapterConfig } from '../../../lib/release/json.ts';
import { routerKinds } from '../../../lib/routers/index.ts';
import { createUnconnectedRouter } from '../../support/unconnected-router.ts';
import { routerConfigs, routerProfiles } from './router-profiles.ts';

describe('the routers that the harness plays', () => {
  it('are all that there are', () => {
    const kinds = routerKinds.map(({ kind }) => kind).toSorted();

    expect(Object.keys(routerProfiles).toSorted()).toEqual(kinds);
    expect(Object.keys(routerConfigs).toSorted()).toEqual(kinds);
  });

  it.each(Object.keys(routerProfiles))('are as %s says of itself', async (kind) => {
    const { facts, readiness } = await createUnconnectedRouter(
      routerConfigs[kind] as AdapterConfig,
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
