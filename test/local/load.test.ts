import { expect, it } from 'vitest';
import { playDoors } from '../../scripts/bench/doors/play.ts';
import { wrongIn } from '../../scripts/bench/doors.ts';

// What it measures is printed and never asserted: see docs/benchmarks.md.
it('loses no webhook, starts nothing twice and fails no visitor while everybody asks at once', async () => {
  const played = await playDoors({ reads: 2000, webhooks: 1000 });
  const { reads, webhooks, deliveries, residentMegabytes, visits } = played;

  console.log(
    `load: ${webhooks.perSecond} webhooks/s (p50 ${webhooks.p50Ms} ms, p99 ${webhooks.p99Ms} ms), ` +
      `${reads.perSecond} looks/s (p50 ${reads.p50Ms} ms, p99 ${reads.p99Ms} ms), ` +
      `${residentMegabytes.join(' → ')} MB resident, ${visits.requests} visits`,
  );
  expect(deliveries).toMatchObject({ lost: [], twice: [], contradicted: [], unexpected: [] });
  expect(deliveries.deliveries).toBeGreaterThan(400);
  expect(deliveries.answers).toBeGreaterThan(deliveries.deliveries);
  expect(played.releasesOfLast).toBe(1);
  expect(visits.requests).toBeGreaterThan(100);
  expect(wrongIn(played)).toBe(0);
  const [, first, second] = residentMegabytes;
  // The same work again takes no second helping: what the first round left behind is let go of.
  if (first && second) expect(second / first).toBeLessThan(1.5);
}, 240_000);
