import { z } from 'zod';

const modes = ['origin', 'key-value-store'] as const;

/** `router: { kind: cloudfront-origin, distributionId: E2QWRUHAPOMQZL }` of a manifest. */
export const cloudFrontOriginSchema = z
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
