import { PutKeyCommand } from '@aws-sdk/client-cloudfront-keyvaluestore';
import { describe, expect, it } from 'vitest';
import { createKeyValueStoreClient } from '../../../lib/routers/cloudfront-origin/key-value-store-client.ts';

interface SeenRequest {
  hostname: string;
  headers: Record<string, string>;
}

/** What leaves the client. */
async function sent(): Promise<SeenRequest> {
  const seen = Promise.withResolvers<SeenRequest>();
  const client = createKeyValueStoreClient({
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
    requestHandler: {
      async handle(request: SeenRequest) {
        seen.resolve(request);
        throw new Error('not sent');
      },
    },
  });
  const KvsARN = 'arn:aws:cloudfront::123456789012:key-value-store/0a1b2c';
  const command = new PutKeyCommand({ KvsARN, Key: 'live', Value: '{}', IfMatch: 'KV1' });
  await expect(client.send(command)).rejects.toThrow('not sent');
  return seen.promise;
}

describe('the client of key value stores', () => {
  it('signs for every region, which these stores ask for', async () => {
    const { hostname, headers } = await sent();

    expect(hostname).toBe('123456789012.cloudfront-kvs.global.api.aws');
    expect(headers['x-amz-region-set']).toBe('*');
    expect(headers['x-amz-security-token']).toBe('token');
    expect(headers.authorization).toMatch(
      /^AWS4-ECDSA-P256-SHA256 Credential=AKID\/\d{8}\/cloudfront-keyvaluestore\/aws4_request, SignedHeaders=\S*host\S*, Signature=30[0-9a-f]{130,}$/,
    );
  });
});
