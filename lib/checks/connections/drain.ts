import type { AdapterConfig } from '../../release/json.ts';
import type { Plan } from '../../release/plan.ts';
import { parseDuration } from '../../release/quantities.ts';

/** What the router local-proxy has where its part of the manifest does not say. */
const localProxyDrain = '10s';

/** How long what is connected to blue may go on after the switch. */
export interface Drain {
  seconds: number;
  /** Key of the manifest that says so. */
  key: 'drain' | 'router.drain' | 'retain';
}

/**
 * The proxy of this machine ends what is left after its `drain`. No other router touches what is
 * connected: that ends when blue is removed, after `retain`.
 * @param own What the check itself says, in seconds.
 */
export function drainOf({ router, retainSeconds }: Plan, own: number | undefined): Drain {
  if (own !== undefined) return { seconds: own, key: 'drain' };
  const drains = routersOf(router)
    .filter(({ kind }) => kind === 'local-proxy')
    .map(({ drain = localProxyDrain }) => parseDuration(String(drain)) ?? 0);
  if (drains.length === 0) return { seconds: retainSeconds, key: 'retain' };
  return { seconds: Math.min(...drains), key: 'router.drain' };
}

/** A router, or all of which it is composed. */
export function routersOf(config: AdapterConfig): AdapterConfig[] {
  if (!Array.isArray(config.routers)) return [config];
  return config.routers.flatMap((part) => routersOf(part as AdapterConfig));
}
