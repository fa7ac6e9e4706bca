import { createApiClient } from '../../cli/api-client.ts';
import { type Cloud, openCloud } from '../cloud/open-cloud.ts';
import { openShop, type Shop } from '../cloud/shop.ts';
import type { Template } from '../cloud/template.ts';
import { startMeter } from './cloud/meter.ts';
import { type Book, openBook } from './cloud/played-release.ts';
import { assumptions, billOf, idleBillOf, pricesAsOf, sumOf } from './cloud/prices.ts';
import { type MeasuredRelease, modelOf, total, type Usage, usageOf } from './cloud/usage.ts';
import { round } from './numbers.ts';
import type { BenchOptions, Measurement } from './row.ts';

/** A window of 30 minutes that is looked at every 60 seconds. */
const looks = 30;
const transitionBudget = 120;
/**
 * Two windows of different length: the line through both tells what a look costs. All in seconds, and
 * windows a little shorter than their looks take. Lambda measures once a minute, so that looks which
 * come sooner find nothing to ask CloudWatch for, and cost less: `quick` is rough.
 */
const plans = {
  whole: { intervalSeconds: 60, windows: [50, 170] },
  quick: { intervalSeconds: 1, windows: [2, 5] },
} as const;

/**
 * What AWS would bill for a plain release of the storefront: started by an artifact's event, without
 * approval, completed, blue retired. Counted in the emulated cloud on two releases; see docs/deploy.md.
 */
export async function measureCloudCost({ isQuick }: BenchOptions): Promise<Measurement> {
  const { intervalSeconds, windows } = isQuick ? plans.quick : plans.whole;
  const meter = await startMeter();
  try {
    const cloud = await openCloud({ intervalSeconds, functionsSee: meter.url });
    try {
      meter.forwardTo(cloud.url);
      const book = await openBook(cloud, meter, functionKeysOf(cloud.template));
      const shop = await openShop(cloud);
      const play = (version: string, window: number) =>
        playOnce(cloud, shop, book, version, { window, interval: intervalSeconds });
      const few = await play('v2', windows[0]);
      const many = await play('v1', windows[1]);
      const sweep = await book.invoke('sweep');
      return report(few, many, idleBillOf(cloud.template.Resources, sweep));
    } finally {
      await cloud.close();
    }
  } finally {
    await meter.close();
  }
}

/** Keys of the conductor's functions, as in serverless.yml. */
function functionKeysOf({ Resources }: Template): string[] {
  const ids = Object.keys(Resources).filter((id) => id.endsWith('LambdaFunction'));
  const names = ids.map((id) => id.replace(/LambdaFunction$/, ''));
  return names.map((it) => `${it[0]?.toLowerCase()}${it.slice(1)}`);
}

async function playOnce(
  { apiUrl, token }: Cloud,
  shop: Shop,
  book: Book,
  version: string,
  seconds: { window: number; interval: number },
): Promise<MeasuredRelease> {
  const connection = { token: { token, source: 'the stack' }, actor: 'bench', fetch };
  const api = createApiClient({ url: apiUrl, ...connection });
  const manifest = {
    ...shop.manifest(seconds.window, Math.min(seconds.window, seconds.interval)),
    retain: '1s',
  };
  await api.applyManifest('storefront', manifest);
  return book.release(() => shop.put(version));
}

function report(
  few: MeasuredRelease,
  many: MeasuredRelease,
  idle: Record<string, number>,
): Measurement {
  const model = modelOf(few, many);
  const usage = usageOf(model, looks);
  const bill = billOf(usage);
  const transitions = usage['transitions.release'] ?? 0;
  const dollars = sumOf(bill);
  return {
    what: `a plain release on AWS (${looks} looks), and the idle stack; list prices of us-east-1`,
    measured: [
      `$${dollars.toFixed(4)}; ${Math.round(transitions)} transitions`,
      `${Math.round(total(usage, 'invocations.'))} invocations`,
      `${Math.round(usage.writeUnits ?? 0)} write and ${Math.round(usage.readUnits ?? 0)} read units`,
      `idle $${sumOf(idle).toFixed(2)} a month`,
    ].join(', '),
    budget: `≤ ${transitionBudget} transitions`,
    isMet: transitions <= transitionBudget,
    figures: {
      ...{ looks, dollars: toMicro(dollars), pricesAsOf, assumptions: { ...assumptions } },
      dollarsByItem: mapValues(bill, toMicro),
      idleDollarsPerMonth: mapValues(idle, round),
      usage: mapValues(usage, round),
      base: mapValues(model.base, round),
      perLook: mapValues(model.perLook, round),
      measured: [few, many].map((it) => ({ looks: it.looks, usage: mapValues(it.usage, round) })),
    },
  };
}

function mapValues(usage: Usage, change: (value: number) => number): Usage {
  return Object.fromEntries(Object.entries(usage).map(([name, value]) => [name, change(value)]));
}

function toMicro(dollars: number): number {
  return Math.round(dollars * 1e6) / 1e6;
}
