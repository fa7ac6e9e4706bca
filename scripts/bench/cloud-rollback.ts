import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, createApiClient } from '../../cli/api-client.ts';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import { skippedGuarantees } from '../cloud/guarantees.ts';
import { type Cloud, openCloud } from '../cloud/open-cloud.ts';
import { openShop, type Shop } from '../cloud/shop.ts';
import { spreadOf } from './numbers.ts';
import type { BenchOptions, Measurement } from './row.ts';

const rollbacks = { whole: 30, quick: 3 };
const budgetMs = 1000;
/** Long enough that only the alarm ends a window. */
const windowSeconds = 600;
const intervalSeconds = 300;
const lookEveryMs = 10;
const patienceMs = 60_000;

/** One rollback, in milliseconds. */
interface Restored {
  /** From the call that sets the alarm to the alias on blue, as a client sees it. */
  alarmToBlueMs: number;
  /** From the breach in the ledger to the route that the conductor confirmed. */
  detectToRestoredMs: number;
}

/**
 * How long an alarm's message takes to put an alias back on blue, in the emulated cloud: SetAlarmState,
 * SNS, on-alarm, the task token, the rollback's function, UpdateAlias. The first is left out: all
 * functions start cold then, which the figures give by itself.
 */
export async function measureCloudRollback({ isQuick }: BenchOptions): Promise<Measurement> {
  const cloud = await openCloud({ intervalSeconds });
  try {
    const shop = await openShop(cloud);
    const api = apiOf(cloud);
    await api.applyManifest('storefront', shop.manifest(windowSeconds, intervalSeconds));
    // Lands under a name that no manifest matches, so that only this benchmark releases it.
    const { bucket, key } = await shop.put('v2', { folder: 'bench' });
    const cold = await rollBackOnce(shop, api, `s3://${bucket}/${key}`);
    const warm: Restored[] = [];
    for (let i = 0; i < (isQuick ? rollbacks.quick : rollbacks.whole); i += 1) {
      warm.push(await rollBackOnce(shop, api, `s3://${bucket}/${key}`));
    }
    const alarmToBlueMs = spreadOf(warm.map((it) => it.alarmToBlueMs));
    const detectToRestoredMs = spreadOf(warm.map((it) => it.detectToRestoredMs));
    return {
      what: 'alarm message → Lambda alias back on blue, emulated cloud',
      measured: `p99 ${Math.round(alarmToBlueMs.p99)} ms, p50 ${Math.round(alarmToBlueMs.p50)} ms`,
      budget: `p99 ≤ ${budgetMs} ms`,
      isMet: alarmToBlueMs.p99 <= budgetMs,
      figures: {
        rollbacks: warm.length,
        alarmToBlueMs: { ...alarmToBlueMs },
        detectToRestoredMs: { ...detectToRestoredMs },
        coldMs: { ...cold },
        notShown: [...skippedGuarantees],
      },
    };
  } finally {
    await cloud.close();
  }
}

function apiOf({ apiUrl, token }: Cloud): ApiClient {
  const connection = { token: { token, source: 'the stack' }, actor: 'bench', fetch };
  return createApiClient({ url: apiUrl, ...connection });
}

async function rollBackOnce(shop: Shop, api: ApiClient, uri: string): Promise<Restored> {
  const blue = await shop.live();
  const artifact = { uri, version: 'v2' };
  const { releaseId } = await api.startRelease({ service: 'storefront', artifact });
  const watched = await until(api, releaseId, ({ phase }) => phase === 'watching');
  const { outcome, reason } = watched;
  if (outcome !== null)
    throw new Error(`${releaseId} ended ${outcome} before its alarm: ${reason}`);
  const startedAt = performance.now();
  await shop.setAlarm('ALARM', 'the benchmark says so');
  while ((await shop.live()) !== blue) {
    if (performance.now() - startedAt > patienceMs) throw new Error(`${releaseId} stays on green`);
    await sleep(lookEveryMs);
  }
  const alarmToBlueMs = performance.now() - startedAt;
  const ended = await until(api, releaseId, ({ outcome }) => outcome !== null);
  if (ended.outcome !== 'rolled-back') throw new Error(`${releaseId} ended ${ended.outcome}`);
  await shop.setAlarm('OK', 'the benchmark says so');
  return { alarmToBlueMs, detectToRestoredMs: ended.timings.detectToRestoredMs ?? Number.NaN };
}

async function until(
  api: ApiClient,
  releaseId: string,
  isThere: (status: ReleaseStatus) => boolean,
): Promise<ReleaseStatus> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const status = await api.release(releaseId);
    if (isThere(status) || status.outcome !== null) return status;
    if (performance.now() > deadline) throw new Error(`${releaseId} is still ${status.phase}`);
    await sleep(50);
  }
}
