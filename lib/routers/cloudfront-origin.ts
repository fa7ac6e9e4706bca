import { z } from 'zod';
import type { AdapterConfig } from '../release/json.ts';
import { awsOnly } from '../release/kind.ts';
import type {
  CloudFrontApi,
  CloudFrontDeps,
  KeyValueStoreApi,
} from './cloudfront-origin/clients.ts';
import { createKeyValueRouter } from './cloudfront-origin/key-value-mode.ts';
import { createOriginRouter } from './cloudfront-origin/origin-mode.ts';
import type { RouterDeps, RouterKind } from './index.ts';
import type { Router } from './router.ts';

export type { CloudFrontApi, CloudFrontDeps, KeyValueStoreApi };

const modes = ['origin', 'key-value-store'] as const;

const schema = z
  .strictObject({
    kind: z.literal('cloudfront-origin'),
    mode: z
      .enum(modes)
      .default('origin')
      .describe(
        'What is changed: the origin of a cache behavior (minutes), or a key that a CloudFront function reads (seconds, with weights)',
      ),
    distributionId: z
      .string()
      .regex(/^[A-Z0-9]{5,32}$/, 'needs the id of a distribution, such as E2QWRUHAPOMQZL')
      .optional()
      .describe('The distribution; in mode key-value-store only where paths are invalidated'),
    behavior: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('Path pattern of the cache behavior; the default one if absent. Mode origin only'),
    placeholder: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        'Id of an origin that counts as nothing, for a distribution that has no release yet. Mode origin only',
      ),
    keyValueStoreArn: z
      .string()
      .regex(
        /^arn:aws:cloudfront::\d{12}:key-value-store\/[\w-]+$/,
        'needs the ARN of a key value store: arn:aws:cloudfront::ACCOUNT:key-value-store/ID',
      )
      .optional()
      .describe('The key value store. Mode key-value-store only'),
    key: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe("The key; the service's name if absent. Mode key-value-store only"),
    invalidate: z
      .array(z.string().regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /*'))
      .max(100)
      .default([])
      .describe(
        'Paths that are invalidated after each switch; none where versions do not share cache keys',
      ),
  })
  .superRefine((config, { addIssue }) => {
    for (const { path, message } of problemsOf(config))
      addIssue({ code: 'custom', path: [path], message });
  });

interface Config {
  mode: (typeof modes)[number];
  distributionId?: string | undefined;
  behavior?: string | undefined;
  placeholder?: string | undefined;
  keyValueStoreArn?: string | undefined;
  key?: string | undefined;
  invalidate: string[];
}

/** Keys that belong together, or not. */
function problemsOf(config: Config): { path: keyof Config; message: string }[] {
  const foreign: (keyof Config)[] =
    config.mode === 'origin' ? ['keyValueStoreArn', 'key'] : ['behavior', 'placeholder'];
  const other = config.mode === 'origin' ? 'key-value-store' : 'origin';
  const misplaced = foreign
    .filter((path) => config[path] !== undefined)
    .map((path) => ({ path, message: `belongs to mode ${other}, and mode is ${config.mode}` }));
  return [...misplaced, ...missingOf(config)];
}

function missingOf(config: Config): { path: keyof Config; message: string }[] {
  const { mode, distributionId, keyValueStoreArn, invalidate } = config;
  const hasDistribution = distributionId !== undefined;
  if (mode === 'origin')
    return hasDistribution ? [] : [{ path: 'distributionId', message: 'is missing' }];
  const problems: { path: keyof Config; message: string }[] = [];
  if (keyValueStoreArn === undefined)
    problems.push({ path: 'keyValueStoreArn', message: 'is missing; mode is key-value-store' });
  if (invalidate.length > 0 && !hasDistribution)
    problems.push({ path: 'distributionId', message: 'is missing; invalidate needs it' });
  if (invalidate.length === 0 && hasDistribution)
    problems.push({
      path: 'distributionId',
      message: 'is used for invalidations only; say what to invalidate, or leave it out',
    });
  return problems;
}

/** A route that is the origin of a CloudFront distribution. */
export const cloudFrontOriginKind: RouterKind = {
  kind: 'cloudfront-origin',
  schema,
  fits: {
    environments: ['cloudformation-stack', 'ecs-service', 'auto-scaling-group', 'prebuilt'],
    because: 'an origin is a host that CloudFront can reach',
  },
  create(config, service, deps) {
    return createCloudFrontOriginRouter(config, service, {
      clock: deps.clock,
      timers: deps.timers,
      ...clientsOf(deps, service),
    });
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

/** A router in the mode that the manifest's part asks for, as it was written. */
export function createCloudFrontOriginRouter(
  config: AdapterConfig,
  service: string,
  deps: CloudFrontDeps,
): Router {
  const { mode, distributionId, keyValueStoreArn, key = service, ...rest } = schema.parse(config);
  return mode === 'origin'
    ? createOriginRouter({ ...rest, distributionId: distributionId ?? '' }, deps)
    : createKeyValueRouter(
        { ...rest, distributionId, key, keyValueStoreArn: keyValueStoreArn ?? '' },
        deps,
      );
}
