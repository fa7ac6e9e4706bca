import type { EnvironmentRef } from '../../lib/release/document.ts';
import type { AdapterConfig } from '../../lib/release/json.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createRouter } from '../../lib/routers/index.ts';
import { createFakeApiGateway, type FakeApiGateway } from '../support/fakes/api-gateway.ts';
import { fakeEnvironment } from '../support/fakes/router.ts';
import { machine } from '../unit/routers/proxy-harness.ts';
import { routerContract } from './router-contract.ts';

const kind = 'api-gateway-mapping';
const domainName = 'api.shop.example';

function subject(
  fake: FakeApiGateway,
  config: AdapterConfig,
  attributes: (id: string) => Record<string, string>,
) {
  const { restApis, httpApis } = fake;
  const environment = (id: string): EnvironmentRef => ({
    ...fakeEnvironment(id),
    attributes: attributes(id),
  });
  return {
    router: createRouter(config, 'shop', { ...machine, log: silentLogger, restApis, httpApis }),
    blue: environment('blue'),
    green: environment('green'),
    nowMs: () => Date.now(),
    stop: async () => {},
  };
}

for (const [endpoint, protocol] of [
  ['regional', 'http'],
  ['regional', 'rest'],
  ['edge', 'rest'],
] as const) {
  routerContract(`${kind} (${endpoint} domain, ${protocol})`, async () => {
    const fake = createFakeApiGateway();
    fake.makeDomain(domainName, { endpoint });
    for (const id of ['blue', 'green']) {
      fake.makeApi(protocol, `api-${id}`, { 'verdigris:environment': id });
      fake.makeStage(`api-${id}`, 'prod');
    }
    const config = { kind, domainName, mappingKey: 'v1', endpoint };
    return subject(fake, config, (id) => ({ apiId: `api-${id}`, stage: 'prod' }));
  });
}

for (const protocol of ['http', 'rest'] as const) {
  routerContract(`${kind} (stage variable, ${protocol})`, async () => {
    const fake = createFakeApiGateway();
    fake.makeApi(protocol, 'api');
    fake.makeStage('api', 'prod', { variables: { theme: 'dark' } });
    const config = { kind, mode: 'stage-variable', apiId: 'api', stage: 'prod', variable: 'host' };
    return subject(fake, config, (id) => ({ stageVariable: `${id}.shop.example:8080` }));
  });
}

routerContract(`${kind} (canary)`, async () => {
  const fake = createFakeApiGateway();
  fake.makeApi('rest', 'api');
  for (const id of ['blue', 'green']) {
    fake.makeDeployment('api', `d-${id}`, `built by CI verdigris:environment=${id}`);
  }
  const config = { kind, mode: 'canary', apiId: 'api', stage: 'prod' };
  return subject(fake, config, (id) => ({ deploymentId: `d-${id}` }));
});
