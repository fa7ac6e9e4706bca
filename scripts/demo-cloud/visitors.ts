import { setInterval } from 'node:timers';
import type { Shop, Visit } from '../cloud/shop.ts';
import type { Measure } from '../demo/report.ts';
import type { TrafficCounts } from '../demo/traffic.ts';

const pages = ['/products', '/products', '/cart'];

/** Users of the shop in the emulated cloud, who tell CloudWatch every second how they fare. */
export interface Visitors {
  measure: Measure;
  /** Stops visiting and waits for the last answers. */
  stop(): Promise<TrafficCounts>;
}

/** Starts steady invocations of the alias, so many a second. */
export function startVisitors(shop: Shop, visitsPerSecond: number): Visitors {
  const visits: Visit[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  let reported = 0;
  const visiting = setInterval(() => {
    const visit = shop.visit(pages[sent % pages.length] ?? '/').then((done) => {
      visits.push(done);
      open.delete(visit);
    });
    open.add(visit);
    sent += 1;
  }, 1000 / visitsPerSecond);
  const reporting = setInterval(() => {
    const fresh = visits.slice(reported);
    reported = visits.length;
    const report = shop.reportErrors(percentOfErrors(fresh)).finally(() => open.delete(report));
    open.add(report);
  }, 1000);
  return {
    measure: (id, fromMs, toMs) => experienceOf(visits, id, fromMs, toMs),
    async stop() {
      clearInterval(visiting);
      clearInterval(reporting);
      await Promise.all(open);
      return count(visits);
    },
  };
}

function percentOfErrors(visits: Visit[]): number {
  const errors = visits.filter(({ isError }) => isError).length;
  return visits.length > 0 ? (100 * errors) / visits.length : 0;
}

function experienceOf(visits: Visit[], id: string, fromMs: number, toMs: number) {
  const mine = visits.filter(
    ({ executedVersion, atMs }) => executedVersion === id && atMs >= fromMs && atMs < toMs,
  );
  const durations = mine.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return {
    requests: mine.length,
    errorRate: mine.length > 0 ? percentOfErrors(mine) / 100 : null,
    p95: durations[Math.floor(durations.length * 0.95)] ?? null,
  };
}

/** An answer of the function counts as one whatever it says; only no answer at all is the switch's. */
function count(visits: Visit[]): TrafficCounts {
  const counts: TrafficCounts = {
    requests: visits.length,
    statuses: {},
    unanswered: 0,
    reasons: {},
  };
  for (const { failure, isError } of visits) {
    if (failure !== null) counts.unanswered += 1;
    const [record, key] =
      failure === null ? [counts.statuses, isError ? 'error' : 'ok'] : [counts.reasons, failure];
    record[key] = (record[key] ?? 0) + 1;
  }
  return counts;
}
