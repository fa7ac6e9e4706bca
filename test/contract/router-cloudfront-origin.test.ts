import type { EnvironmentRef } from '../../lib/release/document.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createRouter } from '../../lib/routers/index.ts';
import { createFakeCloudFront } from '../support/fakes/cloudfront.ts';
import { fakeEnvironment } from '../support/fakes/router.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { type RouterSubject, routerContract } from './router-contract.ts';

const blue = fakeEnvironment('blue', 'https://blue.example.com');
const green: EnvironmentRef = {
  ...fakeEnvironment('green'),
  attributes: { originDomainName: 'green.example.com' },
};

/** Deployments and invalidations are done when they are let, new values are everywhere after half a minute. */
function subject(config: (fake: ReturnType<typeof createFakeCloudFront>) => object) {
  return async (): Promise<RouterSubject> => {
    const fake = createFakeCloudFront();
    const clock = createVirtualClock();
    fake.readsUntilDeployed = Number.POSITIVE_INFINITY;
    const { cloudFront, keyValueStore } = fake;
    const deps = { clock, timers: clock, log: silentLogger, cloudFront, keyValueStore };
    return {
      router: createRouter({ kind: 'cloudfront-origin', ...config(fake) }, 'shop', deps),
      blue,
      green,
      nowMs: clock.now,
      async settle() {
        fake.deploy();
        await clock.advance(30_000);
      },
      stop: async () => {},
    };
  };
}

routerContract(
  'cloudfront-origin, the default behavior',
  subject(({ distributionId }) => ({
    distributionId,
    placeholder: 'nothing-yet',
    invalidate: ['/*'],
  })),
);

routerContract(
  'cloudfront-origin, another behavior',
  subject(({ distributionId }) => ({
    distributionId,
    placeholder: 'nothing-yet',
    behavior: '/api/*',
  })),
);

routerContract(
  'cloudfront-origin, a key',
  subject(({ keyValueStoreArn, distributionId }) => ({
    ...{ mode: 'key-value-store', keyValueStoreArn, distributionId, invalidate: ['/*'] },
  })),
);
