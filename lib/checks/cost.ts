import { z } from 'zod';
import { checkBase } from '../release/manifest.ts';
import type { CheckKind } from './index.ts';

const dollars = z
  .string({ error: 'needs an amount, such as 5 USD or 0.50 USD' })
  .regex(/^\d+(\.\d+)? USD$/, {
    error: 'needs an amount, such as 5 USD or 0.50 USD',
    abort: true,
  })
  .transform((text) => Number.parseFloat(text));

const pricePerUnit = z.number().min(0).describe('USD');

const price = z
  .strictObject({
    perHour: z.number().min(0).optional().describe('What one side costs, in USD'),
    bluePerHour: z.number().min(0).optional().describe('What blue costs, where they differ'),
    greenPerHour: z.number().min(0).optional().describe('What green costs, where they differ'),
  })
  .refine(
    (given) => Object.keys(given).length > 0,
    'needs perHour, or bluePerHour and greenPerHour',
  );

const prices = z.strictObject({
  fargateVcpuHour: pricePerUnit.optional(),
  fargateGbHour: pricePerUnit.optional(),
  lambdaReadyGbSecond: pricePerUnit.optional().describe('Provisioned concurrency, in USD'),
  instanceHours: z
    .record(z.string().min(1), pricePerUnit)
    .default({})
    .describe('Type of instance to what an hour of it costs, in USD'),
});

/** The manifest's part of kind `cost`. */
export const costSchema = z.strictObject({
  kind: z.literal('cost'),
  ...checkBase,
  limit: dollars.describe('What both sides together may cost, such as 5 USD'),
  price: price.optional().describe('What a side costs per hour; reckoned from its size if absent'),
  prices: prices
    .prefault({})
    .describe('What its parts cost where its size is reckoned with, in your Region'),
});
export type CostConfig = z.output<typeof costSchema>;

/** What it costs to run both sides for as long as the release and its retention last. */
export const costKind: CheckKind = {
  kind: 'cost',
  schema: costSchema,
  async create(config) {
    const { createCostCheck } = await import('./cost/check.ts');
    return createCostCheck(config);
  },
};
