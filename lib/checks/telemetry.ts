import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { XRayClient } from '@aws-sdk/client-xray';
import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { atMost, fraction } from '../release/quantities.ts';
import { fileLocation } from './check-files.ts';
import type { CheckKind } from './index.ts';
import { servicePath } from './written-requests.ts';

/** The one call of the SDK's client. */
export type LogsApi = Pick<CloudWatchLogsClient, 'send'>;
/** The one call of the SDK's client. */
export type XRayApi = Pick<XRayClient, 'send'>;

const names = z.array(z.string().min(1).max(255)).max(100);
const meaning = z.enum(['environment', 'version']);

const labels = z
  .union([
    z
      .array(meaning)
      .min(1)
      .transform((list) => Object.fromEntries(list.map((name) => [name, name]))),
    z.record(z.string().min(1), meaning),
  ])
  .transform((map): Record<string, 'environment' | 'version'> => map);

const logs = z.strictObject({
  fields: names
    .min(1)
    .prefault(['environment', 'version'])
    .describe("Of log lines in JSON; those that are labels need green's own values"),
  group: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe("Log group in CloudWatch; the function's own, or what a process writes, if absent"),
  streamPrefix: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe("What the names of green's log streams begin with; all of the group if absent"),
});

const traces = z.strictObject({
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'needs the name of a header')
    .default('traceparent')
    .describe('In the form of W3C Trace Context; sent with every request of `traffic`'),
  where: z
    .enum(['answer', 'logs', 'any', 'x-ray'])
    .default('any')
    .describe('Where the trace id has to come back; `any` is the answer or a log line'),
  filter: z
    .string()
    .min(1)
    .max(2000)
    .default('annotation.environment = "{environment}"')
    .describe("X-Ray's filter expression, in which {environment} and {version} stand for green's"),
});

const dashboard = z.union(
  [
    z.strictObject({ name: z.string().min(1).describe('Of a dashboard in CloudWatch') }),
    z.strictObject({
      file: fileLocation.describe(
        'Of a dashboard of Grafana as JSON, inside the artifact, or s3://bucket/key on AWS',
      ),
    }),
  ],
  { error: 'needs { name: … } of CloudWatch, or { file: … } in the artifact' },
);

/** The manifest's part of kind `telemetry`. */
export const telemetrySchema = z.strictObject({
  kind: z.literal('telemetry'),
  ...checkBase,
  traffic: z
    .array(servicePath)
    .max(20)
    .default(['/'])
    .describe('Read with GET at green first, so that it has something to tell'),
  metrics: names.default([]).describe('Metrics that green has to have'),
  metricsPath: servicePath
    .default('/metrics')
    .describe("Green's metrics in the format of Prometheus"),
  namespace: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('In CloudWatch, where metrics are looked for instead'),
  labels: labels
    .prefault(['environment', 'version'])
    .describe(
      "Labels (CloudWatch: dimensions) with green's own values: a list, or name to meaning",
    ),
  logs: logs.optional().describe('What log lines have to say; not looked at if absent'),
  traces: traces.optional().describe('Whether traces go on; not looked at if absent'),
  alarms: names.optional().describe('Alarms that exist and tell somebody; watch.alarms if absent'),
  dashboards: z
    .array(dashboard)
    .max(20)
    .default([])
    .describe('Dashboards that tell environments apart'),
  require: fraction.prefault(1).describe('How much of all that has to be there'),
  within: atMost('1h')
    .prefault('10m')
    .describe('How long to wait for what is only there later: CloudWatch and X-Ray'),
});
export type TelemetryConfig = z.output<typeof telemetrySchema>;

/** Whether green tells what whoever runs it needs to know: metrics, logs, traces, alarms, dashboards. */
export const telemetryKind: CheckKind = {
  kind: 'telemetry',
  schema: telemetrySchema,
  async create(config, deps) {
    const { createTelemetryCheck } = await import('./telemetry/check.ts');
    return createTelemetryCheck(config, deps);
  },
};
