import type { CostConfig } from '../cost.ts';
import type { EnvironmentSize } from '../environment-size.ts';
import { type UnitPrice, unitPrice } from './list-prices.ts';

/** What an hour of one side costs, in USD. */
export interface SidePrice {
  perHourUsd: number;
  parts: PricePart[];
}

/** One part of it: so many units at so much each. */
export interface PricePart {
  what: string;
  quantity: number;
  unitUsd: number;
  perHourUsd: number;
  /** Who says what a unit costs. */
  from: string;
}

type Prices = CostConfig['prices'];

/** The price that the manifest names for a side; null where it leaves that to the side's size. */
export function namedPrice(price: CostConfig['price'], side: 'blue' | 'green'): SidePrice | null {
  const own = side === 'blue' ? price?.bluePerHour : price?.greenPerHour;
  const named = own ?? price?.perHour;
  if (named === undefined) return null;
  return sumOf([partOf('an hour of it', 1, { usd: named, from: 'the manifest' })]);
}

/**
 * What an environment of this size costs.
 * @param copies Tasks or instances.
 * @returns Why it can't be told, and what would help, where it is a text.
 */
export function reckonedPrice(
  size: EnvironmentSize,
  copies: number | null,
  kind: string,
  prices: Prices,
): SidePrice | string {
  if (kind === 'lambda-version') return functionPrice(size, prices);
  if (copies !== null && size.instanceTypes.length > 0)
    return instancesPrice(size.instanceTypes, copies, prices);
  if (copies !== null && size.isOnFargate) return tasksPrice(size, copies, prices);
  return `what an environment of kind ${kind} costs can't be told from its size; say it in price.perHour`;
}

/** A function that nobody calls costs what is kept ready of it. */
function functionPrice({ readyContainers, memoryMb }: EnvironmentSize, prices: Prices): SidePrice {
  const gigabyteSeconds = (readyContainers ?? 0) * gigabytes(memoryMb ?? 0) * 3600;
  const price = unitPrice(prices, 'lambdaReadyGbSecond');
  return sumOf([partOf('GB-seconds of provisioned concurrency', gigabyteSeconds, price)]);
}

function tasksPrice(
  { vcpus, memoryMb }: EnvironmentSize,
  tasks: number,
  prices: Prices,
): SidePrice | string {
  if (vcpus === null || memoryMb === null)
    return 'the task definition does not say how large a task is; say what it costs in price.perHour';
  return sumOf([
    partOf('vCPU-hours of Fargate', tasks * vcpus, unitPrice(prices, 'fargateVcpuHour')),
    partOf('GB-hours of Fargate', tasks * gigabytes(memoryMb), unitPrice(prices, 'fargateGbHour')),
  ]);
}

/** Of several types the dearest: which one will run, Auto Scaling decides. */
function instancesPrice(
  types: readonly string[],
  instances: number,
  { instanceHours }: Prices,
): SidePrice | string {
  const unpriced = types.filter((type) => instanceHours[type] === undefined);
  if (unpriced.length > 0)
    return `prices.instanceHours does not say what ${unpriced.join(' and ')} costs; add it`;
  const priced = types.map((type) => ({ type, usd: instanceHours[type] ?? 0 }));
  const [dearest] = priced.toSorted((a, b) => b.usd - a.usd);
  const price = { usd: dearest?.usd ?? 0, from: 'the manifest' };
  return sumOf([partOf(`hours of ${dearest?.type}`, instances, price)]);
}

function partOf(what: string, quantity: number, { usd, from }: UnitPrice): PricePart {
  return { what, quantity, unitUsd: usd, perHourUsd: quantity * usd, from };
}

function sumOf(parts: PricePart[]): SidePrice {
  return { perHourUsd: parts.reduce((sum, { perHourUsd }) => sum + perHourUsd, 0), parts };
}

function gigabytes(mebibytes: number): number {
  return mebibytes / 1024;
}
