import type { EnvironmentRef } from '../../release/document.ts';
import type { AdapterConfig, JsonObject } from '../../release/json.ts';
import type { Plan } from '../../release/plan.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { Check, CheckVerdict, PreflightContext } from '../check.ts';
import { type CostConfig, costSchema } from '../cost.ts';
import {
  containersAskedFor,
  copiesInUse,
  copiesOnceLive,
  type EnvironmentSize,
  sizeOf,
} from '../environment-size.ts';
import { type BothSides, bothSidesOf, hoursOf } from './both-sides.ts';
import { namedPrice, reckonedPrice, type SidePrice } from './side-price.ts';

/**
 * A check of what it costs to run both sides until the release and its retention are over. Needs no
 * green where the manifest says what a side costs; else green is taken for as large as blue.
 */
export function createCostCheck(config: AdapterConfig): Check {
  const check = costSchema.parse(config);
  return {
    run: async (context) => judge(check, context, await pricesOf(check, context, context.green)),
    preflight: async (context) => judge(check, context, await pricesOf(check, context, null)),
  };
}

/** What an hour of each side costs; null for a side that is not there. A text where it can't be told. */
interface Sides {
  blue: SidePrice | null;
  green: SidePrice;
}

async function pricesOf(
  check: CostConfig,
  context: PreflightContext,
  green: EnvironmentRef | null,
): Promise<Sides | string> {
  const { blue, plan } = context;
  const named = { blue: namedPrice(check.price, 'blue'), green: namedPrice(check.price, 'green') };
  if (named.green && (named.blue || !blue)) return { green: named.green, blue: blue && named.blue };
  const sizes = await sizesOf(context, green);
  if (!sizes)
    return 'there is neither blue nor green to reckon with; say in price.perHour what a side costs';
  const kind = plan.environment.kind;
  const greenCopies = copiesOnceLive(sizes.green, sizes.blue, plan.environment);
  const greenPrice =
    named.green ?? reckonedPrice(withReady(sizes.green, plan), greenCopies, kind, check.prices);
  if (typeof greenPrice === 'string') return greenPrice;
  if (!sizes.blue) return { green: greenPrice, blue: null };
  const bluePrice =
    named.blue ?? reckonedPrice(sizes.blue, copiesInUse(sizes.blue), kind, check.prices);
  return typeof bluePrice === 'string' ? bluePrice : { green: greenPrice, blue: bluePrice };
}

async function sizesOf(
  { blue, describe }: PreflightContext,
  green: EnvironmentRef | null,
): Promise<{ blue: EnvironmentSize | null; green: EnvironmentSize } | null> {
  const blueSize = blue ? sizeOf(await describe(blue)) : null;
  const greenSize = green ? sizeOf(await describe(green)) : blueSize;
  return greenSize && { blue: blueSize, green: greenSize };
}

/** What is kept ready of green is what the manifest asks for, whether it is up already or not. */
function withReady(size: EnvironmentSize, { environment }: Plan): EnvironmentSize {
  return { ...size, readyContainers: containersAskedFor(environment) };
}

function judge(check: CostConfig, context: PreflightContext, sides: Sides | string): CheckVerdict {
  if (typeof sides === 'string') return { verdict: 'fail', summary: sides, evidence: {} };
  const time = bothSidesOf(context.plan, context.blue !== null);
  const hours = hoursOf(time);
  const bluePerHour = sides.blue?.perHourUsd ?? 0;
  const costUsd = (sides.green.perHourUsd + bluePerHour) * hours;
  const verdict = costUsd <= check.limit ? 'pass' : 'fail';
  const summary = summarize(check, sides, time, costUsd);
  return { verdict, summary, evidence: evidenceOf(check, sides, time, costUsd) };
}

function summarize(check: CostConfig, sides: Sides, time: BothSides, costUsd: number): string {
  const what = sides.blue ? 'both sides cost' : 'there is no blue; green costs';
  const sum = `${what} at most ${usd(costUsd)} for ${lengthOf(time)}`;
  if (costUsd <= check.limit) return `${sum}, within the limit of ${usd(check.limit)}`;
  return `${sum}, more than the limit of ${usd(check.limit)}; ${remedy(check, sides, time)}`;
}

/** What would be within the limit. */
function remedy({ limit }: CostConfig, sides: Sides, time: BothSides): string {
  const perHour = sides.green.perHourUsd + (sides.blue?.perHourUsd ?? 0);
  const kept = (limit / perHour) * 3600 - time.approvalSeconds - time.windowsSeconds;
  if (sides.blue && kept >= 60) return `retain: ${shorter(kept)} would fit`;
  return `${usd(perHour)} an hour is too much for so long, whatever is retained`;
}

/** Rounded down to what a person would write. */
function shorter(seconds: number): string {
  const step = seconds >= 7200 ? 3600 : 60;
  return formatDuration(Math.floor(seconds / step) * step);
}

function lengthOf(time: BothSides): string {
  const parts = [
    ['approval', time.approvalSeconds],
    ['windows', time.windowsSeconds],
    ['retention', time.retentionSeconds],
  ] as const;
  const named = parts.filter(([, seconds]) => seconds > 0);
  return (
    named.map(([name, seconds]) => `${name} ${formatDuration(seconds)}`).join(' + ') || 'no time'
  );
}

function evidenceOf(
  check: CostConfig,
  { green, blue }: Sides,
  time: BothSides,
  costUsd: number,
): JsonObject {
  const hours = hoursOf(time);
  const side = (price: SidePrice): JsonObject => ({
    perHourUsd: rounded(price.perHourUsd),
    costUsd: rounded(price.perHourUsd * hours),
    parts: price.parts.map((part) => ({ ...part, perHourUsd: rounded(part.perHourUsd) })),
  });
  return {
    costUsd: rounded(costUsd),
    limitUsd: check.limit,
    hours: rounded(hours),
    approvalSeconds: time.approvalSeconds,
    windowsSeconds: time.windowsSeconds,
    retentionSeconds: time.retentionSeconds,
    green: side(green),
    blue: blue && side(blue),
    // Blue would run anyway until traffic has left it, and green from then on.
    besidesUsd: rounded(besides({ green, blue }, time)),
  };
}

/** What would not be paid without the release: green until it is live, blue from then on. */
function besides({ green, blue }: Sides, time: BothSides): number {
  if (!blue) return 0;
  const before = time.approvalSeconds / 3600;
  const after = (time.windowsSeconds + time.retentionSeconds) / 3600;
  return green.perHourUsd * before + blue.perHourUsd * after;
}

function usd(amount: number): string {
  return `${amount.toFixed(2)} USD`;
}

/** To a hundredth of a cent, which is enough to add up. */
function rounded(amount: number): number {
  return Math.round(amount * 10_000) / 10_000;
}
