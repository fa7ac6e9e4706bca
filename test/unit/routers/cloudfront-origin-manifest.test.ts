import { describe, expect, it } from 'vitest';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import { cloudFrontOriginKind } from '../../../lib/routers/cloudfront-origin.ts';
import { createRouter } from '../../../lib/routers/index.ts';

import { machine } from './proxy-harness.ts';

const distributionId = 'E2QWRUHAPOMQZL';
const keyValueStoreArn = 'arn:aws:cloudfront::123456789012:key-value-store/0a1b2c';
const store = { mode: 'key-value-store', keyValueStoreArn };

const parse = (router: object, environment: object = { kind: 'prebuilt' }) =>
  parseManifest(
    { service: 'shop', environment, router: { kind: 'cloudfront-origin', ...router } },
    manifestKinds,
  );

describe('the manifest of a CloudFront origin', () => {
  it.each([
    ['a distribution', { distributionId }],
    ['one of its behaviors', { distributionId, behavior: '/api/*', placeholder: 'none' }],
    ['paths to invalidate', { distributionId, invalidate: ['/*'] }],
    ['a key', { ...store, key: 'live' }],
    ['a key and paths', { ...store, distributionId, invalidate: ['/*'] }],
  ])('may name %s', (_, router) => {
    expect(parse(router).router.kind).toBe('cloudfront-origin');
  });

  it.each([
    ['nothing', {}, 'router.distributionId: is missing'],
    [
      'a key without its mode',
      { distributionId, key: 'a' },
      'router.key: belongs to mode key-value',
    ],
    ['a mode without a store', { mode: 'key-value-store' }, 'router.keyValueStoreArn: is missing'],
    [
      'a behavior of a store',
      { ...store, behavior: '/a' },
      'router.behavior: belongs to mode origin',
    ],
    ['a placeholder of a store', { ...store, placeholder: 'a' }, 'router.placeholder: belongs to'],
    [
      'paths without distribution',
      { ...store, invalidate: ['/*'] },
      'router.distributionId: is miss',
    ],
    [
      'a distribution in vain',
      { ...store, distributionId },
      'router.distributionId: is used for inv',
    ],
    [
      'a path that is none',
      { distributionId, invalidate: ['*'] },
      'router.invalidate[0]: needs a path',
    ],
    [
      'an id that is an ARN',
      { distributionId: 'arn:aws:x' },
      'router.distributionId: needs the id',
    ],
    [
      'a bad ARN',
      { mode: 'key-value-store', keyValueStoreArn: 'a' },
      'router.keyValueStoreArn: needs',
    ],
    ['a key that is unknown', { distributionId, behaviour: '/a' }, 'did you mean "behavior"'],
  ])('is refused with %s', (_, router, reason) => {
    expect(() => parse(router)).toThrow(reason);
  });

  it('does not go with environments that CloudFront cannot reach', () => {
    const environment = { kind: 'lambda-version', functionName: 'shop' };

    expect(() => parse({ distributionId }, environment)).toThrow(
      /router.kind.*host that CloudFront/,
    );
  });
});

describe('the kind', () => {
  it('is there on AWS only', async () => {
    const make = createRouter({ kind: 'cloudfront-origin', distributionId }, 'shop', {
      ...machine,
      log: silentLogger,
    });

    await expect(make).rejects.toMatchObject({ name: 'KindUnavailableError' });
  });

  it('makes no client before one is used', async () => {
    const deps = {
      ...machine,
      log: silentLogger,
      get cloudFront(): never {
        throw new Error('was made');
      },
      get keyValueStore(): never {
        throw new Error('was made');
      },
    };

    const router = await cloudFrontOriginKind.create(
      { kind: 'cloudfront-origin', distributionId },
      'shop',
      deps,
    );
    expect(router.facts).toMatchObject({ supportsWeights: false, isAtomic: false });
  });
});
