import {
  CloudFrontKeyValueStoreClient,
  type CloudFrontKeyValueStoreClientConfig,
} from '@aws-sdk/client-cloudfront-keyvaluestore';

/**
 * A client of CloudFront's key value stores. Their API takes signatures of version 4A only, whose
 * algorithm the SDK leaves to a package of its own, which nobody says Lambda's runtime has. It is given to
 * the client instead of registered for all (@aws-sdk/signature-v4a), since the client of the runtime and
 * a bundled package would not find each other; and loaded when a request is signed.
 */
export function createKeyValueStoreClient(
  options: CloudFrontKeyValueStoreClientConfig,
): CloudFrontKeyValueStoreClient {
  const client: CloudFrontKeyValueStoreClient = new CloudFrontKeyValueStoreClient({
    ...options,
    async signer() {
      const { SignatureV4a } = await import('@aws-sdk/signature-v4a');
      const { credentials, sha256 } = client.config;
      const service = 'cloudfront-keyvaluestore';
      return new SignatureV4a({ credentials, sha256, service, region: '*' });
    },
  });
  return client;
}
