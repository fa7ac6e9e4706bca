import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { outboundUrl } from '../release/outbound-url.ts';
import { duration } from '../release/quantities.ts';
import type { CheckKind } from './index.ts';
import { servicePath } from './written-requests.ts';

const schema = z.strictObject({
  kind: z.literal('cache'),
  ...checkBase,
  pages: z
    .array(servicePath)
    .min(1)
    .max(20)
    .default(['/'])
    .describe('HTML pages whose files are looked at, on blue and on green'),
  maxHtmlAge: duration
    .prefault('5m')
    .describe('Caches may keep a page for so long: users stay on green that long after a rollback'),
  maxChangedAge: duration
    .prefault('10m')
    .describe('Caches may keep a file for so long that is another one on blue under the same URL'),
  keepOldAssets: z
    .enum(['fail', 'warn', 'ignore'])
    .default('warn')
    .describe(
      "What it comes to when green lacks files of blue's pages, which users still have open",
    ),
  warm: z
    .array(z.union([servicePath, outboundUrl], { error: 'needs a path of green, or an https URL' }))
    .max(50)
    .default([])
    .describe(
      'Asked twice before there is traffic: paths of green, or whole URLs such as those of a CDN',
    ),
});

/** Its part of a manifest, as validated. */
export type CacheCheckConfig = z.output<typeof schema>;

/** What caches hold of blue and would hold of green. */
export const cacheKind: CheckKind = {
  kind: 'cache',
  schema,
  async create(config, { timers }) {
    const check = schema.parse(config);
    const { createCacheCheck } = await import('./cache/check.ts');
    return createCacheCheck(check, { timers });
  },
};
