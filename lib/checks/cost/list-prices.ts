import type { CostConfig } from '../cost.ts';

/**
 * On-demand list prices of AWS in USD, Region us-east-1, Linux on x86, which is the dearer architecture.
 * They differ by Region and change: `prices` of the manifest goes before them, and evidence says where a
 * price came from. Sources: aws.amazon.com/fargate/pricing and aws.amazon.com/lambda/pricing.
 */
const listPrices = {
  fargateVcpuHour: 0.04048,
  fargateGbHour: 0.004445,
  lambdaReadyGbSecond: 4.1667e-6,
};

/** Where those were read, for evidence. */
export const listPricesAre = 'list price in us-east-1, as of 2025';

type Priced = keyof typeof listPrices;

/** What one unit costs, and who says so. */
export interface UnitPrice {
  usd: number;
  from: string;
}

/** The manifest's price of a part, else the list's. */
export function unitPrice(prices: CostConfig['prices'], part: Priced): UnitPrice {
  const own = prices[part];
  if (own !== undefined) return { usd: own, from: 'the manifest' };
  return { usd: listPrices[part], from: listPricesAre };
}
