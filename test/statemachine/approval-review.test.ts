import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/release/json.ts';
import { createTestConductor, fakeManifest } from '../support/conductor.ts';

/** A conductor whose release of v2 completed, with another one of Ann's that waits for people. */
async function second(approval: JsonObject = {}, more: JsonObject = {}) {
  const conductor = await createTestConductor({
    manifest: fakeManifest({
      watch: { window: '2m', interval: '60s', alarms: ['storefront-5xx'] },
    }),
  });
  const first = await conductor.release('v2');
  await conductor.outcomeOf(first);
  const manifest = fakeManifest({
    watch: { window: '5m', interval: '60s', alarms: ['storefront-5xx'] },
    approval: { expiresIn: '2h', ...approval },
    ...more,
  });
  await conductor.operations.applyManifest('storefront', manifest, 'ops');
  const id = await conductor.release('v3');
  await conductor.reach(id, 'awaiting-approval');
  return { conductor, first, id };
}

describe('the review of a release', () => {
  it('shows what changed since the release that completed last, what was checked and who asked', async () => {
    const { conductor, first, id } = await second({ count: 2, separateDuties: true });
    const review = await conductor.operations.review(id, 'bob');

    expect(review).toMatchObject({
      service: 'storefront',
      requestedBy: 'ann',
      state: 'open',
      requiredCount: 2,
      separateDuties: true,
      canDecide: true,
      whyNot: null,
      comparedWith: first,
      errorBudget: null,
      breach: null,
    });
    expect(review.artifact).toMatchObject({ before: { version: 'v2' }, after: { version: 'v3' } });
    expect(review.changes).toContainEqual({
      path: 'cutover.steps',
      before: ['100%, watched for 2m'],
      after: ['100%, watched for 5m'],
    });
    expect(review.checks).toEqual([
      { name: 'smoke', verdict: 'pass', isCritical: true, summary: 'fine' },
    ]);
  });

  it('compares with the one before when the last one was rolled back', async () => {
    const { conductor, first, id } = await second();
    await conductor.operations.reject(id, 'bob', null);
    await conductor.outcomeOf(id);
    const next = await conductor.release('v4');
    await conductor.reach(next, 'awaiting-approval');
    expect((await conductor.operations.review(next, 'bob')).comparedWith).toBe(first);
  });

  it('has nothing to compare the first release with', async () => {
    const conductor = await createTestConductor({ manifest: fakeManifest({ approval: {} }) });
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    expect(await conductor.operations.review(id, 'bob')).toMatchObject({
      comparedWith: null,
      artifact: { before: null },
      changes: [],
    });
  });

  it('is of the release that is looked at, also when others completed since', async () => {
    const { conductor, first, id } = await second();
    await conductor.operations.approve(id, 'bob', null);
    await conductor.outcomeOf(id);
    const review = await conductor.operations.review(first, 'bob');
    expect(review.comparedWith).toBeNull();
    expect((await conductor.operations.review(id, 'bob')).comparedWith).toBe(first);
  });

  it('shows a breach while people are asked, and that nobody can decide any more', async () => {
    const { conductor, id } = await second();
    const { ports } = conductor;
    const engine = ports.engine;
    ports.engine = { ...engine, fail: async () => 'stale' };
    await conductor.signal.fire('storefront-5xx', '12 % of requests fail');
    ports.engine = engine;
    const review = await conductor.operations.review(id, 'bob');
    expect(review.breach).toMatchObject({ by: 'alarm:storefront-5xx' });
    expect(review).toMatchObject({ canDecide: false });
    expect(review.whyNot).toContain('12 % of requests fail');
  });
});

describe('why somebody cannot decide', () => {
  it.each([
    ['ANN ', 'you asked for this release, so somebody else has to approve it', true],
    ['bob', 'you have decided already: yes', false],
  ])('tells %s', async (by, why, canReject) => {
    const { conductor, id } = await second({ separateDuties: true, count: 2 });
    await conductor.operations.approve(id, 'Bob', null);
    expect(await conductor.operations.review(id, by)).toMatchObject({
      canDecide: false,
      canReject,
      whyNot: expect.stringContaining(why),
    });
    expect(await conductor.operations.review(id, 'cem')).toMatchObject({ canDecide: true });
  });

  it('tells that the time is over, before and after the release has ended', async () => {
    const { conductor, id } = await second();
    const { expiresAt } = await conductor.operations.review(id, 'bob');
    expect(expiresAt).not.toBeNull();
    await conductor.outcomeOf(id);
    expect(await conductor.operations.review(id, 'bob')).toMatchObject({
      state: 'expired',
      canDecide: false,
      whyNot: 'the release has ended: expired',
    });
  });

  it('tells that nobody is asked', async () => {
    const conductor = await createTestConductor();
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    expect(await conductor.operations.review(id, 'bob')).toMatchObject({
      state: 'not-asked',
      requiredCount: 0,
      whyNot: 'nobody has to approve releases of this service',
    });
  });
});
