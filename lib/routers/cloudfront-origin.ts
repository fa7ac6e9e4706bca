import { awsOnly } from '../release/kind.ts';
import { cloudFrontOriginSchema } from './cloudfront-origin/schema.ts';
import type { RouterDeps, RouterKind } from './index.ts';

export type { CloudFrontApi, KeyValueStoreApi } from './cloudfront-origin/clients.ts';

/** A route that is the origin of a CloudFront distribution. */
export const cloudFrontOriginKind: RouterKind = {
  kind: 'cloudfront-origin',
  schema: cloudFrontOriginSchema,
  hasWeights: ({ mode }) => mode === 'key-value-store',
  fits: {
    environments: ['cloudformation-stack', 'ecs-service', 'auto-scaling-group', 'prebuilt'],
    because: 'an origin is a host that CloudFront can reach',
  },
  async create(config, service, deps) {
    const clients = clientsOf(deps, service);
    const { createCloudFrontOriginRouter } = await import('./cloudfront-origin/router.ts');
    const { clock, timers } = deps;
    return createCloudFrontOriginRouter(config, service, { clock, timers, ...clients });
  },
};

/** Clients are looked at when they are used: making one loads its package. */
function clientsOf(deps: RouterDeps, service: string) {
  const missing = () => awsOnly('router', 'cloudfront-origin', service);
  if (!('cloudFront' in deps || 'keyValueStore' in deps)) throw missing();
  const there = <Client>(client: Client | undefined): Client => {
    if (client) return client;
    throw missing();
  };
  return {
    cloudFront: () => there(deps.cloudFront),
    keyValueStore: () => there(deps.keyValueStore),
  };
}
