import { type DoorFigures, playDoors } from './doors/play.ts';
import type { BenchOptions, Measurement } from './row.ts';

/** How many webhooks and looks at a release one conductor takes while it releases; nothing may be lost. */
export async function measureDoors({ isQuick }: BenchOptions): Promise<Measurement> {
  const played = await playDoors(
    isQuick ? { reads: 400, webhooks: 200 } : { reads: 20_000, webhooks: 6000 },
  );
  const { reads, webhooks, deliveries, visits } = played;
  const wrong = wrongIn(played);
  return {
    what: 'webhooks taken and releases looked at while one is released; lost, doubled or failed',
    measured:
      `webhooks ${webhooks.perSecond}/s, p50 ${webhooks.p50Ms} ms, p99 ${webhooks.p99Ms} ms; ` +
      `looks ${reads.perSecond}/s, p50 ${reads.p50Ms} ms, p99 ${reads.p99Ms} ms; ${wrong} wrong`,
    budget: '0 wrong',
    isMet: wrong === 0,
    figures: {
      reads: { ...reads },
      webhooks: { ...webhooks },
      deliveries: { ...deliveries },
      residentMegabytes: played.residentMegabytes,
      visits: { ...visits },
    },
    hasFailures: wrong > 0,
  };
}

/** Everything that should not have happened. */
export function wrongIn({
  reads,
  webhooks,
  deliveries,
  releasesOfLast,
  visits,
}: DoorFigures): number {
  const { lost, twice, contradicted, unexpected } = deliveries;
  const bad = [lost, twice, contradicted, unexpected].reduce((sum, it) => sum + it.length, 0);
  const unanswered = reads.failed + reads.refused + webhooks.failed + visits.unanswered;
  return bad + unanswered + Math.abs(releasesOfLast - 1);
}
