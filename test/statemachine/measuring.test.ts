import { describe, expect, it } from 'vitest';
import type { MetricQuery } from '../../lib/signals/signal.ts';
import { blueRef, createTestConductor, fakeManifest } from '../support/conductor.ts';

/** Every question that a release asks of its metric source, until it is completed. */
async function questionsOf(steps: unknown[]) {
  const conductor = await createTestConductor({
    manifest: fakeManifest({ cutover: { steps } } as never),
  });
  const queries: MetricQuery[] = [];
  const { metrics } = conductor;
  conductor.ports.adapters.metrics = () => ({
    async samples(query) {
      queries.push(query);
      return metrics.samples(query);
    },
  });
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  await conductor.measureGreen(id);
  expect(await conductor.outcomeOf(id)).toBe('completed');
  const { green } = await conductor.operations.getRelease(id);
  return { queries, green: green?.id };
}

describe('a metric source that cannot tell versions apart is told', () => {
  it('that blue had all traffic before the cutover, and green after a whole one', async () => {
    const { queries, green } = await questionsOf([100]);
    const [baseline, ...looks] = queries;
    expect(baseline?.soleEnvironmentId).toBe(blueRef.id);
    expect(looks.length).toBeGreaterThan(10);
    expect(new Set(looks.map((query) => query.soleEnvironmentId))).toEqual(new Set([green]));
  });

  it('nothing while traffic is split', async () => {
    const { queries, green } = await questionsOf([{ weight: 10, bake: '5m' }, 100]);
    const asked = queries.map((query) => query.soleEnvironmentId);
    expect(asked.slice(1, 5)).toEqual([undefined, undefined, undefined, undefined]);
    expect(asked.at(-1)).toBe(green);
  });
});
