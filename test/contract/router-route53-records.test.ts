import { silentLogger } from '../../lib/release/logger.ts';
import { createRouter } from '../../lib/routers/index.ts';
import { createFakeRoute53 } from '../support/fakes/route53.ts';
import { fakeEnvironment } from '../support/fakes/router.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { routerContract } from './router-contract.ts';

const balancer = (id: string) => ({
  ...fakeEnvironment(id),
  attributes: { dnsName: `${id}.eu-west-1.elb.amazonaws.com`, hostedZoneId: 'Z32O12XQLNTSW2' },
});
const server = (id: string, ipAddresses: string) => ({
  ...fakeEnvironment(id),
  attributes: { ipAddresses },
});
const servers = {
  blue: server('blue', '192.0.2.1,2001:db8::1'),
  green: server('green', '192.0.2.2,2001:db8::2'),
};
const balancers = { blue: balancer('blue'), green: balancer('green') };

const kinds = [
  ['of addresses', { lowerTtlTo: '5s' }, servers],
  ['of two types', { types: ['A', 'AAAA'], lowerTtlTo: '5s' }, servers],
  ['of aliases', { types: ['A', 'AAAA'], lowerTtlTo: '5s' }, balancers],
  ['of names', { types: ['CNAME'] }, balancers],
  ['of a single alias', { mode: 'single' }, balancers],
  ['of single addresses', { mode: 'single', types: ['A', 'AAAA'], lowerTtlTo: '5s' }, servers],
] as const;

for (const [what, keys, sides] of kinds) {
  routerContract(`route53-records ${what}`, async () => {
    const clock = createVirtualClock();
    const fake = createFakeRoute53(clock);
    fake.isPrivate = true; // nobody is asked over DNS
    const { hostedZoneId, route53 } = fake;
    const config = { kind: 'route53-records', hostedZoneId, name: 'shop.example.com', ...keys };
    const deps = { clock, timers: clock, log: silentLogger, route53 };
    return {
      router: createRouter(config, 'shop', deps),
      ...sides,
      nowMs: () => clock.now(),
      settle: () => clock.advance(600_000),
      stop: async () => {},
    };
  });
}
