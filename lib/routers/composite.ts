import { z } from 'zod';
import type { AdapterConfig } from '../release/json.ts';
import { kindUnion } from '../release/kind-union.ts';
import type { RouterDeps, RouterKind } from './index.ts';
import type { Router } from './router.ts';

/** Makes a router of another kind. */
type MakeRouter = (
  config: AdapterConfig,
  service: string,
  deps: RouterDeps,
) => Router | Promise<Router>;

/**
 * Several doors of one service, such as its CDN and its API, as one router.
 * @param kinds What its parts may be: every kind but itself.
 */
export function createCompositeKind(kinds: readonly RouterKind[], make: MakeRouter): RouterKind {
  const schema = z.strictObject({
    kind: z.literal('composite'),
    routers: z
      .array(kindUnion(kinds))
      .min(2, 'needs at least two routers; name a single one by itself')
      .max(5)
      .describe('The doors, in the order in which they are switched; the way back is the reverse'),
  });
  return {
    kind: 'composite',
    schema,
    async create(config, service, deps) {
      const making = (config.routers as AdapterConfig[]).map(async (part) => ({
        name: part.kind,
        router: await make(part, service, deps),
      }));
      const parts = await Promise.all(making);
      const { createCompositeRouter } = await import('./composite/router.ts');
      return createCompositeRouter(parts);
    },
  };
}
