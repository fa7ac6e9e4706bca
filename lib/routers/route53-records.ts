import { awsOnly } from '../release/kind.ts';
import type { RouterKind } from './index.ts';
import { schema } from './route53-records/settings.ts';

export type { Route53Api } from './route53-records/zone.ts';

/** A route that is a set of DNS records. */
export const route53RecordsKind: RouterKind = {
  kind: 'route53-records',
  schema,
  hasWeights: ({ mode }) => mode !== 'single',
  fits: {
    // Not those behind target groups: nothing says a name or an address that is theirs alone.
    environments: ['cloudformation-stack', 'prebuilt'],
    because: 'DNS leads to things with a name or an address of their own',
  },
  async create(config, service, { route53, clock, timers }) {
    if (!route53) throw awsOnly('router', 'route53-records', service);
    const { createRoute53RecordsRouter } = await import('./route53-records/router.ts');
    const { createNameServers } = await import('./route53-records/name-servers.ts');
    const nameServers = createNameServers();
    return createRoute53RecordsRouter(config, { route53, clock, timers, nameServers });
  },
};
