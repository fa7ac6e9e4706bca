/**
 * Blue at the same hour of earlier days, as a release reads it: a service with a rhythm, whose latency
 * rises every day just when this release has shifted its traffic.
 */
import { describe, expect, it } from 'vitest';
import type { EarlierDays, ReleaseDocument } from '../../lib/release/document.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { manifestLimitBytes } from '../../lib/release/manifest.ts';
import type { MetricPoint } from '../../lib/signals/signal.ts';
import { judge } from '../../lib/steps/judge.ts';
import {
  blueRef,
  createTestConductor,
  fakeManifest,
  type TestConductor,
} from '../support/conductor.ts';

const minutes = 60_000;
const hours = 60 * minutes;
const day = 24 * hours;
const usual = [10, 11.2, 9.6, 10.4, 12.1, 9.9, 10.8, 11.6, 9.4, 10.1, 11, 10.6];
const gone = new VerdigrisError('SignalUnavailableError', 'the archive is away');

interface Behaviour {
  /** Times the usual latency. */
  slower: number;
  /** Of 500 requests. */
  errors?: number;
}

/** Points of ten seconds. */
function points(fromMs: number, toMs: number, behaviour: (atMs: number) => Behaviour) {
  const list: MetricPoint[] = [];
  for (let atMs = Math.ceil(fromMs / 10_000) * 10_000; atMs < toMs; atMs += 10_000) {
    const { slower, errors = 0 } = behaviour(atMs);
    const p95 = slower * (usual[(atMs / 10_000) % usual.length] ?? 10);
    const latencyMs = { p50: p95 / 2, p95, p99: 2 * p95 };
    const at = new Date(atMs).toISOString();
    list.push({ at, periodSeconds: 10, requests: 500, errors, latencyMs });
  }
  return list;
}

/** Every day the conductor's clock begins at midnight, and latency rises from 0:05 to 0:15. */
function rhythm(atMs: number): Behaviour {
  const sinceMidnight = (atMs % day) / minutes;
  const risen = sinceMidnight > 12 * 60 ? 0 : Math.min(1, Math.max(0, (sinceMidnight - 5) / 10));
  return { slower: 1 + 1.5 * risen };
}

/** Blue has that rhythm on some days before, and no traffic after the cutover. */
async function prepare(
  watch: JsonObject,
  { liveDays = 7, behaviour = rhythm, manifest = {} as JsonObject } = {},
) {
  const plain = fakeManifest(manifest);
  const conductor = await createTestConductor({
    manifest: { ...plain, watch: { ...(plain.watch as JsonObject), ...watch } },
  });
  const now = conductor.clock.now();
  conductor.metrics.behave(blueRef.id, { requestsPerSecond: 0 }, now - hours);
  for (let back = 0; back <= liveDays; back += 1) {
    const midnight = now - back * day;
    const until = back === 0 ? midnight : midnight + 3 * hours;
    conductor.metrics.addPoints(blueRef.id, points(midnight - hours, until, behaviour));
  }
  return conductor;
}

/** Until green is live; from then on it behaves like this, and blue in a canary too. */
async function released(
  conductor: TestConductor,
  behaviour: (atMs: number) => Behaviour,
  sides: 'green' | 'both' = 'green',
) {
  const now = conductor.clock.now();
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  const { green } = await conductor.operations.getRelease(id);
  const measured = points(conductor.clock.now(), now + 3 * hours, behaviour);
  conductor.metrics.addPoints(green?.id ?? '', measured);
  if (sides === 'both') {
    const canary = measured.filter(({ at }) => Date.parse(at) < now + 3 * minutes);
    conductor.metrics.addPoints(blueRef.id, canary);
  }
  return id;
}

async function verdictsOf(conductor: TestConductor, id: string) {
  const events = await conductor.ledger.listEvents(id);
  return events.filter(({ type }) => type === 'Verdict');
}

async function documentOf(conductor: TestConductor, id: string): Promise<ReleaseDocument> {
  const found = await conductor.ledger.getRelease(id);
  if (!found) throw new Error('there is no release');
  return found.document;
}

function earlierOf({ baseline }: ReleaseDocument): EarlierDays | undefined {
  if (!baseline || 'latencyPoints' in baseline) throw new Error('blue was not measured');
  return baseline.earlier;
}

const early = ({ queries }: TestConductor['metrics'], now: number) =>
  queries.filter(({ toMs }) => toMs < now - 12 * hours);

describe('a latency that rises every day at this hour', () => {
  it('is a breach where nobody asks for earlier days', async () => {
    const conductor = await prepare({});
    const now = conductor.clock.now();
    const id = await released(conductor, rhythm);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    expect(early(conductor.metrics, now)).toEqual([]);
  });

  it.each([1, 3, 7])('is healthy where it did so on %s of them', async (earlierDays) => {
    const conductor = await prepare({ earlierDays });
    const id = await released(conductor, rhythm);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const verdicts = await verdictsOf(conductor, id);
    expect(verdicts[0]?.data.earlierDays).toEqual({
      ...{ asked: earlierDays, counted: earlierDays, missing: null },
    });
    expect(verdicts.at(-1)?.data).toMatchObject({ verdict: 'healthy' });
    expect(verdicts.at(-1)?.summary).toMatch(/ms on \d earlier days?, at most 1.5x/);
  });

  it('is a breach all the same where green is slower than that', async () => {
    const conductor = await prepare({ earlierDays: 7 });
    const worse = (atMs: number) => ({ slower: 2 * rhythm(atMs).slower });
    const id = await released(conductor, worse);
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
    const { breach } = (await conductor.ledger.getRelease(id))?.document ?? {};
    expect(breach).toMatchObject({ kind: 'comparison' });
    expect(breach?.reason).toMatch(
      /^latencyP95: 3 points lie far above .*, 25.9 ms on 7 earlier days/,
    );
  });

  it('is healthy in the last window of a canary, too', async () => {
    const steps = [{ weight: 50, bake: '3m' }, 100];
    const conductor = await prepare({ earlierDays: 3 }, { manifest: { cutover: { steps } } });
    const now = conductor.clock.now();
    const id = await released(conductor, rhythm, 'both');
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(early(conductor.metrics, now)).toHaveLength(3);
  });

  it('is a breach without earlier days in such a canary', async () => {
    const steps = [{ weight: 50, bake: '3m' }, 100];
    const conductor = await prepare({}, { manifest: { cutover: { steps } } });
    const id = await released(conductor, rhythm, 'both');
    expect(await conductor.outcomeOf(id)).toBe('rolled-back');
  });
});

describe('requests that fail every day at this hour', () => {
  const failing = (atMs: number) => ({ slower: 1, errors: rhythm(atMs).slower > 2 ? 20 : 0 });

  it.each([
    [0, 'rolled-back'],
    [7, 'completed'],
  ])('with %s earlier days: %s', async (earlierDays, outcome) => {
    const conductor = await prepare({ earlierDays }, { behaviour: failing });
    const id = await released(conductor, failing);
    expect(await conductor.outcomeOf(id)).toBe(outcome);
  });
});

describe('earlier days', () => {
  it('are read once each, from blue alone', async () => {
    const conductor = await prepare({ earlierDays: 7 });
    const now = conductor.clock.now();
    const id = await released(conductor, rhythm);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const queries = early(conductor.metrics, now);
    expect(queries).toHaveLength(7);
    expect(queries.every((it) => it.environmentIds.join() === blueRef.id)).toBe(true);
    expect(queries.map(({ fromMs }) => Math.round((now - fromMs) / day))).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7],
    ]);
  });

  it('do not count where blue was not live', async () => {
    const conductor = await prepare({ earlierDays: 7 }, { liveDays: 2 });
    const id = await released(conductor, rhythm);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const [first] = await verdictsOf(conductor, id);
    expect(first?.data.earlierDays).toEqual({ asked: 7, counted: 2, missing: null });
  });

  it('are done without where they cannot be read, which is said once and is no blindness', async () => {
    const conductor = await prepare({ earlierDays: 3 });
    const warnings: string[] = [];
    conductor.ports.log = { ...conductor.ports.log, warn: (words) => warnings.push(words) };
    const now = conductor.clock.now();
    const { samples } = conductor.metrics;
    let tried = 0;
    conductor.metrics.samples = async (query) => {
      if (query.toMs > now - 12 * hours) return samples(query);
      tried += 1;
      throw gone;
    };
    const id = await released(conductor, () => ({ slower: 1 }));
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(tried).toBe(3);
    const said = '3 of 3 earlier days could not be read: the archive is away';
    const verdicts = await verdictsOf(conductor, id);
    expect(verdicts.filter(({ summary }) => summary.includes(said))).toEqual([verdicts[0]]);
    expect(verdicts[0]?.data.earlierDays).toEqual({ asked: 3, counted: 0, missing: said });
    expect(verdicts.some(({ data }) => 'blindSince' in data)).toBe(false);
    expect(warnings.filter((words) => words === said)).toHaveLength(1);
  });

  it('count as far as they can be read', async () => {
    const conductor = await prepare({ earlierDays: 3 });
    const now = conductor.clock.now();
    const { samples } = conductor.metrics;
    conductor.metrics.samples = async (query) => {
      if (query.toMs > now - 2.5 * day) return samples(query);
      throw gone;
    };
    const id = await released(conductor, rhythm);
    expect(await conductor.outcomeOf(id)).toBe('completed');
    const [first] = await verdictsOf(conductor, id);
    expect(first?.data.earlierDays).toMatchObject({ asked: 3, counted: 2 });
    expect(first?.summary).toContain('1 of 3 earlier days could not be read');
  });
});

describe('the document', () => {
  const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
  const max = { max: '2x' };
  const compare = { errorRate: max, latencyP50: max, latencyP95: max, latencyP99: max };

  it('stays small with seven days and the longest windows', async () => {
    const longest = { window: '14d', interval: '21m', compare, earlierDays: 7 };
    const conductor = await prepare(longest, { liveDays: 0 });
    for (let back = 1; back <= 8; back += 1) {
      const midnight = conductor.clock.now() - back * day;
      conductor.metrics.addPoints(
        blueRef.id,
        points(midnight, midnight + day, (atMs) => ({ ...rhythm(atMs), errors: (atMs / 1e4) % 7 })),
      );
    }
    const id = await conductor.release();
    await conductor.reach(id, 'watching');
    await conductor.clock.advance(20 * minutes);
    const document = await documentOf(conductor, id);
    const looked = await judge(document, conductor.ports, { remainingMs: () => 60_000 });
    const earlier = earlierOf(looked);
    expect(earlier?.days).toHaveLength(7);
    expect(bytesOf(earlier)).toBeGreaterThan(4000);
    expect(bytesOf(earlier)).toBeLessThanOrEqual(6144);
    expect(bytesOf(looked)).toBeLessThan(16_000);
  });

  it('does without earlier days where the manifest leaves no room for them, and says so', async () => {
    const names = Array.from({ length: 50 }, (_, at) => `${at}-`.padEnd(64, 'n'));
    const checks = names.map((name) => ({ kind: 'fake', name, critical: false }));
    const left = manifestLimitBytes - bytesOf(fakeManifest({ checks })) - 50;
    const manifest = { checks, owner: 'o'.repeat(left) };
    const conductor = await prepare({ earlierDays: 7 }, { manifest });
    const id = await released(conductor, () => ({ slower: 1 }));
    expect(await conductor.outcomeOf(id)).toBe('completed');
    expect(earlierOf(await documentOf(conductor, id))).toBeUndefined();
    const [first] = await verdictsOf(conductor, id);
    expect(first?.summary).toContain('the release document has no room for earlier days');
  });
});
