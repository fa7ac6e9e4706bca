import type { AdapterConfig } from '../../lib/release/json.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createRouter, type RouterDeps } from '../../lib/routers/index.ts';
import type { Router } from '../../lib/routers/router.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** The router of this part of a manifest, for what it states of itself: nobody answers it. */
export function createUnconnectedRouter(config: AdapterConfig): Promise<Router> {
  const clock = createVirtualClock();
  const client = { send: () => Promise.reject(new Error('nobody is asked')) };
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
  };
  return createRouter(config, 'shop', deps as unknown as RouterDeps);
}
