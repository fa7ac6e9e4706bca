import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import { atMost, duration, fraction, multiplier } from '../release/quantities.ts';
import type { CheckKind } from './index.ts';

/** The one call of the SDK's client. */
export type CloudWatchApi = Pick<CloudWatchClient, 'send'>;

const urlPath = z
  .string()
  .regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /products');
const rate = z.number().min(0.5).max(1000);

const ceiling = z.strictObject({
  p95: duration.prefault('1s').describe('95 of 100 answers come sooner'),
  errorRate: fraction
    .prefault('1%')
    .describe('Answers of 5xx and 429, of 4xx that blue does not give, and none at all'),
  connections: z.int().min(1).max(1000).default(50).describe('Requests under way at the same time'),
});

const load = z.strictObject({
  paths: z.array(urlPath).min(1).max(20).describe('What is read with GET, one after the other'),
  headers: z.record(z.string().min(1), z.string()).default({}).describe('Of every request'),
  from: rate.default(5).describe('Requests per second at the first step'),
  to: rate.describe('Requests per second at the last step; there are never more'),
  steps: z.int().min(1).max(10).default(3).describe('From the first rate to the last'),
  duration: duration
    .refine((seconds) => seconds > 0, 'needs a duration of more than 0')
    .prefault('2s')
    .describe('Of each step'),
  minRequests: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe('With fewer in all steps together there is no verdict, and the check fails'),
  ceiling: ceiling.prefault({}).describe('Where it stops by itself, and fails'),
  slowdown: multiplier
    .prefault('3x')
    .describe("Green's p95 may be this many times blue's, as long as it is 250 ms more"),
  reference: rate
    .max(20)
    .default(3)
    .describe('Requests per second that blue gets, to know how fast it answers'),
  blueLoad: z
    .boolean()
    .default(false)
    .describe('True gives blue, which has users, the same load as green'),
});
export type LoadConfig = z.output<typeof load>;

/** The manifest's part of kind `capacity`. */
export const capacitySchema = z
  .strictObject({
    kind: z.literal('capacity'),
    ...checkBase,
    timeout: atMost('60s')
      .prefault('45s')
      .describe('The whole check, every repeated step included'),
    atLeast: fraction.prefault(1).describe("How large green has to be, as a share of blue's size"),
    facts: z
      .array(z.string().min(1).max(200))
      .max(50)
      .default([])
      .describe(
        'Dotted paths of further facts that are numbers, of which green needs as much as blue',
      ),
    load: load.optional().describe('A ramp of requests to green; none if absent'),
  })
  .refine(({ load }) => !load || load.to >= load.from, {
    path: ['load', 'to'],
    message: 'is less than load.from',
  })
  .refine(({ load, timeout }) => !load || longestSeconds(load) <= timeout, {
    path: ['load', 'duration'],
    message: 'lets the load take longer than the timeout of the check, with every step repeated',
  });
export type CapacityConfig = z.output<typeof capacitySchema>;

/** Left for warming up, pauses, and answers that are late. */
const reserveSeconds = 5;

/** If every step has to be repeated. */
function longestSeconds({ steps, duration, blueLoad }: LoadConfig): number {
  const onGreen = 2 * steps * duration;
  const onBlue = blueLoad ? onGreen : (1 + steps) * duration;
  return onGreen + onBlue + reserveSeconds;
}

/** Whether green is as large as what blue serves needs, and answers under load. */
export const capacityKind: CheckKind = {
  kind: 'capacity',
  schema: capacitySchema,
  async create(config, deps) {
    const { createCapacityCheck } = await import('./capacity/check.ts');
    return createCapacityCheck(config, deps);
  },
};
