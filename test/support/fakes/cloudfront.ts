import type {
  CloudFrontApi,
  KeyValueStoreApi,
} from '../../../lib/routers/cloudfront-origin/clients.ts';
import {
  type CloudFrontKnobs,
  type CloudFrontView,
  cloudFrontError,
  createDistribution,
} from './cloudfront-control-plane.ts';
import { createKeyValueStore, type KeyValueStoreView } from './key-value-store.ts';
import { createFakeCalls, type FakeCalls } from './sdk-client.ts';

/** CloudFront in memory with one distribution and one key value store, and faults to inject. */
export interface FakeCloudFront
  extends CloudFrontKnobs,
    CloudFrontView,
    KeyValueStoreView,
    FakeCalls {
  readonly cloudFront: CloudFrontApi;
  readonly keyValueStore: KeyValueStoreApi;
}

/**
 * A fake of both of CloudFront's clients.
 * @example
 * const fake = createFakeCloudFront();
 * fake.loseAnswer('UpdateDistribution');
 */
export function createFakeCloudFront(): FakeCloudFront {
  const knobs: CloudFrontKnobs = {
    readsUntilDeployed: 0,
    readsUntilInvalidated: 0,
    keepsEtagOfTheSame: true,
  };
  const distribution = createDistribution(knobs);
  const store = createKeyValueStore();
  const { createSend, ...faults } = createFakeCalls('CloudFront', cloudFrontError);
  return Object.assign(knobs, distribution.view, store.view, faults, {
    cloudFront: { send: createSend(distribution.operations) } as unknown as CloudFrontApi,
    keyValueStore: { send: createSend(store.operations) } as unknown as KeyValueStoreApi,
  });
}
