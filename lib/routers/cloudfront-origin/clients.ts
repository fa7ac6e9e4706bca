import type { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import type { CloudFrontKeyValueStoreClient } from '@aws-sdk/client-cloudfront-keyvaluestore';
import type { Time } from '../within-lease.ts';

/** The one call of the SDK's client. */
export type CloudFrontApi = Pick<CloudFrontClient, 'send'>;

/** The one call of the SDK's client of key value stores, which signs with SigV4A. */
export type KeyValueStoreApi = Pick<CloudFrontKeyValueStoreClient, 'send'>;

/** What either mode needs besides its part of the manifest. Clients are asked for when they are used. */
export interface CloudFrontDeps extends Time {
  cloudFront: () => CloudFrontApi;
  keyValueStore: () => KeyValueStoreApi;
}
