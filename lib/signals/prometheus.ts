import { z } from 'zod';
import type { AdapterConfig } from '../release/json.ts';
import type { Logger } from '../release/logger.ts';
import type { KindSchema } from '../release/manifest.ts';
import { outboundUrl } from '../release/outbound-url.ts';
import { atMost } from '../release/quantities.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import type { PrometheusClientDeps } from './prometheus/client.ts';
import { objectionTo } from './prometheus/template.ts';
import type { MetricSource } from './signal.ts';

const longestQuery = 2000;

const template = z
  .string()
  .min(1)
  .max(longestQuery)
  .superRefine((text, { addIssue }) => {
    const message = objectionTo(text);
    if (message) addIssue({ code: 'custom', message });
  });

const secret = z
  .string()
  .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -')
  .refine(isForOthers, notForOthers);

const auth = z
  .strictObject({
    bearer: z
      .strictObject({ secret: secret.describe('The name of the secret that is the token') })
      .optional()
      .describe('Sent as `Authorization: Bearer`'),
    basic: z
      .strictObject({
        user: z
          .string()
          .regex(/^[^:\s]{1,128}$/, 'needs a name without colons and blanks')
          .describe('The name'),
        secret: secret.describe('The name of the secret that is the password'),
      })
      .optional()
      .describe('Sent as `Authorization: Basic`'),
  })
  .refine(({ bearer, basic }) => (bearer === undefined) !== (basic === undefined), {
    message: 'needs exactly one of bearer and basic',
  });

/** How the conductor says who it is. */
export type PrometheusAuth = z.output<typeof auth>;

const latency = z.strictObject({
  query: template.describe('A template that gives one latency'),
  unit: z.enum(['seconds', 'milliseconds']).describe('What its values are'),
});

/** There are all of them, or none. */
const latencyNames = ['latencyP50', 'latencyP95', 'latencyP99'] as const;

const queries = z
  .strictObject({
    requests: template.describe('How many requests were answered in each step'),
    errors: template.describe('How many of them failed'),
    latencyP50: latency.optional().describe('The median'),
    latencyP95: latency.optional().describe('The 95th percentile'),
    latencyP99: latency.optional().describe('The 99th percentile'),
  })
  .refine(
    ({ latencyP50, latencyP95, latencyP99 }) =>
      new Set([!latencyP50, !latencyP95, !latencyP99]).size === 1,
    'needs all three latencies, or none',
  );

/** `metrics: { kind: prometheus, url, queries }` of a manifest. */
export const prometheusSchema = z
  .strictObject({
    kind: z.literal('prometheus'),
    url: z
      .string()
      .max(2048)
      .refine(isServer, 'needs an http or https URL without a name, a password, ? or # in it')
      .describe('Of the server, without `/api/v1`'),
    auth: auth.optional().describe('Who asks; nobody in particular if absent'),
    step: atMost('1h')
      .refine((seconds) => Number.isInteger(seconds) && seconds >= 1, 'needs whole seconds')
      .prefault('15s')
      .describe('Length of a point'),
    settle: atMost('10m')
      .prefault('15s')
      .describe('How long after its end a point is complete: what is younger is not read'),
    queries: queries.describe('What is measured, with placeholders for the environment'),
  })
  .refine(({ auth, url }) => !auth || outboundUrl.safeParse(url).success, {
    path: ['url'],
    message: 'needs https beside auth, whose secret anybody on the way could read',
  });

/** The manifest's part, read. */
export type PrometheusConfig = z.output<typeof prometheusSchema>;

/** The kind, for the manifest. */
export const prometheusKind: KindSchema = {
  kind: 'prometheus',
  schema: prometheusSchema,
  lacks(config) {
    if (prometheusSchema.parse(config).queries.latencyP95) return null;
    const mend = `give metrics.queries ${latencyNames.join(', ')}, each { query, unit }`;
    return { metrics: latencyNames, mend };
  },
};

/** What the metric source works with. */
export interface PrometheusDeps extends PrometheusClientDeps {
  log: Logger;
}

/**
 * What a Prometheus server, or anything that speaks its HTTP API, knows of each environment. Points begin
 * on whole steps of the server's clock, which is asked for and reckoned with; one that ended less than
 * `settle` ago is left out, since its scrape may be on the way.
 * @throws ZodError when `config` is not valid against {@link prometheusSchema}.
 */
export function createPrometheusMetrics(
  config: AdapterConfig,
  service: string,
  deps: PrometheusDeps,
): MetricSource {
  const parsed = prometheusSchema.parse(config);
  return {
    settleSeconds: parsed.settle,
    async samples(query) {
      const { readSamples } = await import('./prometheus/samples.ts');
      return readSamples(parsed, service, query, deps);
    },
  };
}

function isServer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.hash === '' && url.search === '';
}
