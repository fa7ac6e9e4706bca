import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addLook,
  type BudgetTally,
  type CountedPoint,
  emptyTally,
  lookFrom,
  type Row,
  rowsOf,
  sealedSeconds,
  sumOf,
} from '../../../lib/release/budget-tally.ts';
import { isoTime } from '../../../lib/release/clock.ts';
import {
  budgetStatus,
  burnOf,
  burnRateOf,
  decide,
  isShort,
  pardoned,
  recoversAt,
  standingOf,
} from '../../../lib/release/error-budget.ts';
import type { Slo } from '../../../lib/release/slo.ts';

const begin = Date.UTC(2026, 0, 1) / 1000;
const nowMs = (seconds: number) => (begin + seconds) * 1000;
const hour = 3600;

const slo: Slo = {
  availability: 0.99,
  latency: null,
  windowSeconds: 6 * hour,
  stopAtShare: 0.5,
  leastLeftShare: 0.1,
};

/** A tally with these rows of five minutes, one after the other, up to `seconds`. */
function tallyWith(counts: [requests: number, errors: number][], over: Partial<BudgetTally> = {}) {
  const recent = counts.map(
    ([requests, errors], nth): Row => [begin + nth * 300, 300, requests, errors, 0],
  );
  return { ...emptyTally('shop', isoTime(nowMs(0))), revision: 1, recent, ...over };
}

const endOf = (tally: BudgetTally) => nowMs(tally.recent.length * 300);

function releaseWith(releaseId: string, rows: readonly Row[]) {
  return { releaseId, firstShiftAt: isoTime(nowMs(0)), older: sumOf([]), recent: [...rows] };
}

function pointOf(seconds: number, over: Partial<CountedPoint> = {}): CountedPoint {
  const latencyMs = { p50: 10, p95: 10, p99: 10 };
  const base = {
    at: isoTime(nowMs(seconds)),
    periodSeconds: 1,
    requests: 10,
    errors: 0,
    latencyMs,
  };
  return { ...base, ...over };
}

/** So many seconds from the beginning on, of which the last `settle` may change. */
function during(seconds: number, settle = 0) {
  return { fromMs: nowMs(0), toMs: nowMs(seconds), knownUntilMs: nowMs(seconds - settle) };
}

/** A look at these rows. */
function lookAt(seconds: number, rows: readonly Row[], release = null) {
  return { at: isoTime(nowMs(seconds)), periodSeconds: 1, rows, release };
}

describe('the error budget', () => {
  it('is full without traffic, and has no burn rate', () => {
    const tally = tallyWith([
      [0, 0],
      [0, 0],
    ]);
    const standing = standingOf(tally, slo, endOf(tally));
    expect(standing).toMatchObject({ leftShare: 1, budget: 0, burnRate: null });
    expect(isShort(tally, slo, endOf(tally))).toBe(false);
  });

  it('takes the unknown part of the window as the same traffic without anything bad', () => {
    const tally = tallyWith([
      [1000, 36],
      [1000, 0],
    ]);
    // 10 minutes of 6 hours are known: 72,000 requests are expected, 720 of them may be bad.
    const standing = standingOf(tally, slo, endOf(tally));
    expect(standing.knownShare).toBeCloseTo(1 / 36);
    expect(standing.budget).toBeCloseTo(720);
    expect(standing.leftShare).toBeCloseTo(0.95);
    expect(standing.counts).toEqual({ requests: 2000, errors: 36, slow: 0 });
  });

  it('is gone when a whole window had as many bad requests as it may have, and can be overdrawn', () => {
    const tally = tallyWith(Array.from({ length: 72 }, (): [number, number] => [100, 1]));
    expect(standingOf(tally, slo, endOf(tally)).leftShare).toBeCloseTo(0);
    const double = tallyWith(Array.from({ length: 72 }, (): [number, number] => [100, 2]));
    expect(standingOf(double, slo, endOf(double)).leftShare).toBeCloseTo(-1);
  });

  it('burns at rate 1 when it would last exactly a window', () => {
    expect(burnRateOf({ requests: 1000, errors: 10, slow: 0 }, slo)).toBeCloseTo(1);
    expect(burnRateOf({ requests: 1000, errors: 4, slow: 6 }, slo)).toBeCloseTo(1);
    expect(burnRateOf({ requests: 0, errors: 0, slow: 0 }, slo)).toBeNull();
  });

  it('forgets what has left the window', () => {
    const tally = tallyWith([
      [100, 50],
      [100, 0],
    ]);
    const inside = standingOf(tally, slo, nowMs(6 * hour + 299));
    const outside = standingOf(tally, slo, nowMs(6 * hour + 300));
    expect(inside.counts.errors).toBe(50);
    expect(outside.counts.errors).toBe(0);
  });

  it('says when enough is left again: when what was bad leaves the window', () => {
    const good = Array.from({ length: 70 }, (): [number, number] => [100, 0]);
    const tally = tallyWith([[100, 80], [100, 0], ...good]);
    const at = recoversAt(tally, slo, endOf(tally), 0.1);
    expect(at).toBe(nowMs(6 * hour + 300));
    expect(recoversAt(tally, slo, endOf(tally), -5)).toBe(endOf(tally));
  });

  it('does not recover while it goes on burning faster than it may', () => {
    const tally = tallyWith(Array.from({ length: 72 }, (): [number, number] => [100, 2]));
    expect(recoversAt(tally, slo, endOf(tally), 0.1)).toBeNull();
  });

  const counts = fc.tuple(fc.nat(10_000), fc.nat(1000)).map(([requests, errors]) => {
    const pair: [number, number] = [requests + errors, errors];
    return pair;
  });

  it('does not grow by a request that fails instead of being answered', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 36 }), fc.nat(), (rows, nth) => {
        const worse = rows.map(([requests, errors], i): [number, number] =>
          i === nth % rows.length ? [requests, Math.min(requests, errors + 1)] : [requests, errors],
        );
        const at = nowMs(rows.length * 300);
        const before = standingOf(tallyWith(rows), slo, at);
        expect(standingOf(tallyWith(worse), slo, at).leftShare).toBeLessThanOrEqual(
          before.leftShare,
        );
      }),
    );
  });

  it('does not depend on how large the service is', () => {
    fc.assert(
      fc.property(
        fc.array(counts, { minLength: 1, maxLength: 36 }),
        fc.integer({ min: 2, max: 100 }),
        (rows, times) => {
          const larger = rows.map(([r, e]): [number, number] => [r * times, e * times]);
          const at = nowMs(rows.length * 300);
          const one = standingOf(tallyWith(rows), slo, at);
          expect(standingOf(tallyWith(larger), slo, at).leftShare).toBeCloseTo(one.leftShare, 6);
        },
      ),
    );
  });
});

describe('what follows from it', () => {
  const burnt = (errors: number, releaseId = 'rel-1') => {
    const good = Array.from({ length: 71 }, (): [number, number] => [100, 0]);
    const tally = tallyWith([[100, errors], ...good]);
    return { ...tally, release: releaseWith(releaseId, tally.recent.slice(0, 1)) };
  };

  it('is a stop, with numbers, for a release that burnt more than it may', () => {
    const tally = decide(burnt(37), slo, nowMs(6 * hour));
    expect(tally.stop).toMatchObject({ releaseId: 'rel-1', isOver: false });
    expect(tally.stop?.reason).toBe(
      'rel-1 burnt 51.39% of the error budget, more than 50% (37 errors of 100 requests)',
    );
    expect(decide(burnt(36), slo, nowMs(6 * hour)).stop).toBeNull();
  });

  it('is nothing for one or two errors of a service that has few requests', () => {
    const tally = tallyWith([[4, 2]]);
    const small = { ...tally, release: releaseWith('rel-1', tally.recent) };
    const tight = { ...slo, windowSeconds: hour, availability: 0.999 };
    expect(burnOf(small, standingOf(small, tight, nowMs(300)))?.share).toBeGreaterThan(40);
    expect(decide(small, tight, nowMs(300)).stop).toBeNull();
    expect(isShort(small, tight, nowMs(300))).toBe(false);
  });

  it('is no second stop by the same release once somebody has lifted the first', () => {
    const at = nowMs(6 * hour);
    const lifted = pardoned(decide(burnt(60), slo, at), 'ada', at);
    expect(decide(lifted, slo, at).stop?.isOver).toBe(true);
    const later = { ...burnt(60, 'rel-2'), stop: lifted.stop, pardon: lifted.pardon };
    expect(decide(later, slo, at).stop).toMatchObject({ releaseId: 'rel-2', isOver: false });
  });

  it('is the end of a stop when the budget has recovered', () => {
    const stopped = decide(burnt(60), slo, nowMs(6 * hour));
    expect(decide(stopped, slo, nowMs(6 * hour + 200)).stop?.isOver).toBe(false);
    expect(decide(stopped, slo, nowMs(6 * hour + 400)).stop?.isOver).toBe(true);
  });

  it('is a refusal with less than the least left, until somebody pardons it', () => {
    const at = nowMs(6 * hour);
    const tally = burnt(66);
    expect(isShort(tally, slo, at)).toBe(true);
    expect(isShort(burnt(64), slo, at)).toBe(false);
    expect(budgetStatus(tally, slo, at)).toMatchObject({
      leftPercent: 8.333,
      stops:
        '8.333% of the error budget of 6h is left, less than 10% (66 errors of 7,200 requests)',
      recoversAt: isoTime(nowMs(6 * hour + 300)),
    });
    const free = decide(pardoned(tally, 'ada', at), slo, at);
    expect(budgetStatus(free, slo, at)).toMatchObject({ stops: null, recoversAt: null });
  });

  it('forgets a pardon when a later release burns again, or enough is left', () => {
    const at = nowMs(6 * hour);
    const { pardon } = pardoned(burnt(66), 'ada', at);
    expect(decide({ ...burnt(66), pardon }, slo, at).pardon).not.toBeNull();
    expect(decide({ ...burnt(66, 'rel-2'), pardon }, slo, at).pardon).toBeNull();
    const harmless = { ...burnt(66), pardon, release: releaseWith('rel-2', []) };
    expect(decide(harmless, slo, at).pardon).not.toBeNull();
    expect(decide({ ...burnt(10), pardon }, slo, at).pardon).toBeNull();
  });
});

describe('rows', () => {
  const timed: Slo = { ...slo, latency: { percentile: 'p95', belowMs: 300 } };
  const slowPoint = { p50: 10, p95: 400, p99: 500 };

  it('count every request of a minute as slow whose p95 was above', () => {
    const points = [
      pointOf(0, { periodSeconds: 60, requests: 1000, errors: 5, latencyMs: slowPoint }),
      pointOf(60, { periodSeconds: 60, requests: 1000, errors: 5 }),
    ];
    expect(rowsOf([points], timed, during(300))).toEqual([[begin, 300, 2000, 10, 995]]);
    expect(rowsOf([points], slo, during(300))).toEqual([[begin, 300, 2000, 10, 0]]);
  });

  it('tell a minute of seconds with few requests by its requests, not by its worst second', () => {
    const second = { requests: 2, latencyMs: { p50: 10, p95: 10, p99: 10 } };
    const worse = { requests: 2, latencyMs: slowPoint };
    const minute = (slow: number) =>
      Array.from({ length: 60 }, (_, nth) => pointOf(nth, nth < slow ? worse : second));
    // 6 of 120 are 5 %, which p95 allows; 7 are more.
    expect(rowsOf([minute(6)], timed, during(60))).toEqual([[begin, 60, 120, 0, 0]]);
    expect(rowsOf([minute(7)], timed, during(60))).toEqual([[begin, 60, 120, 0, 120]]);
  });

  it('judge each environment by itself and add them up', () => {
    const slow = [pointOf(0, { requests: 50, latencyMs: slowPoint })];
    const fast = [pointOf(0, { requests: 950 })];
    expect(rowsOf([slow, fast], timed, during(30))).toEqual([[begin, 30, 1000, 0, 50]]);
  });

  it('are known zeros where nothing came, and put a longer point where it begins', () => {
    const points = [pointOf(300, { periodSeconds: 3600, requests: 7, latencyMs: null })];
    expect(rowsOf([points], timed, during(650))).toEqual([
      [begin, 300, 0, 0, 0],
      [begin + 300, 300, 7, 0, 0],
      [begin + 600, 50, 0, 0, 0],
    ]);
  });
});

describe('a tally', () => {
  const row = (nth: number, requests: number, errors = 0): Row => [
    begin + nth * 300,
    300,
    requests,
    errors,
    0,
  ];
  const started = () => tallyWith([[0, 0]]);

  it('counts a stretch once, however often it is looked at', () => {
    const look = lookAt(900, [row(1, 100, 3), row(2, 50)]);
    const once = addLook(started(), look, slo);
    expect(addLook(once, look, slo)).toEqual(once);
    expect(
      sumOf(once.recent.map(([, , requests, errors]) => ({ requests, errors, slow: 0 }))),
    ).toEqual({ requests: 150, errors: 3, slow: 0 });
  });

  it('keeps what a source has forgotten, and takes what came late', () => {
    const full = addLook(started(), lookAt(600, [row(1, 100, 3)]), slo);
    const forgotten = addLook(full, lookAt(900, [row(1, 20), row(2, 5)]), slo);
    expect(forgotten.recent.slice(1)).toEqual([row(1, 100, 3), row(2, 5)]);
    const late = addLook(forgotten, lookAt(910, [row(1, 100, 4)]), slo);
    expect(late.recent[1]).toEqual(row(1, 100, 4));
  });

  it('comes to the same in whatever order and how often looks come', () => {
    const looks = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 9 }), fc.nat(500)),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(looks, fc.infiniteStream(fc.nat()), (found, order) => {
        const all = found.map(([at, nth, n]) => lookAt(at, [row(nth, n, n % 7)]));
        const shuffled = [...all, ...all]
          .map((look) => ({ look, by: order.next().value ?? 0 }))
          .sort((a, b) => a.by - b.by)
          .map(({ look }) => look);
        const apply = (those: typeof all) =>
          those.reduce((tally, look) => addLook(tally, look, slo), started());
        expect(apply(shuffled)).toEqual(apply(all));
      }),
    );
  });

  it('begins with the first request: nobody knows whether the source was there before', () => {
    const fresh = emptyTally('shop', isoTime(nowMs(900)));
    const seen = lookAt(900, [row(0, 0), row(1, 7), row(2, 0)]);
    expect(addLook(fresh, seen, slo).recent).toEqual([row(1, 7), row(2, 0)]);
    const nothing = lookAt(900, [row(0, 0), row(1, 0), row(2, 0)]);
    expect(addLook(fresh, nothing, slo).recent).toEqual([row(2, 0)]);
  });

  it('seals what can grow no more without losing a request, and changes it never again', () => {
    const month: Slo = { ...slo, windowSeconds: 28 * 86_400 };
    const old = addLook(started(), lookAt(600, [row(1, 100, 3)]), month);
    const later = addLook(old, lookAt(5 * hour, [row(60, 10)]), month);
    expect(later.older).toEqual([[begin, 600, 100, 3, 0]]);
    expect(addLook(later, lookAt(5 * hour, [row(1, 900, 900)]), month).older).toEqual(later.older);
    expect(standingOf(later, month, nowMs(5 * hour)).counts).toMatchObject({ requests: 110 });
  });

  it('keeps the burn of the last release only, sealed or not', () => {
    const seen = (releaseId: string, shift: number, at: number, rows: Row[]) => ({
      ...lookAt(at, rows),
      release: { releaseId, firstShiftAt: isoTime(nowMs(shift)), rows },
    });
    const first = addLook(started(), seen('rel-1', 300, 600, [row(1, 100, 3)]), slo);
    const later = addLook(first, seen('rel-1', 300, 5 * hour, [row(59, 10, 2)]), slo);
    const at = nowMs(5 * hour);
    expect(burnOf(later, standingOf(later, slo, at))?.counts).toEqual({
      requests: 110,
      errors: 5,
      slow: 0,
    });
    const next = addLook(later, seen('rel-2', 5 * hour, 5 * hour + 60, [row(60, 4, 1)]), slo);
    expect(next.release).toMatchObject({ releaseId: 'rel-2', recent: [row(60, 4, 1)] });
    const late = addLook(next, seen('rel-1', 300, 5 * hour + 90, [row(60, 90, 90)]), slo);
    expect(late.release?.releaseId).toBe('rel-2');
  });

  it.each(['1h', '16h', '7d', '28d', '30d', '90d'])(
    'of %s stays below 16 KB with a busy service, and knows the whole window',
    (text) => {
      const days = { '1h': 1 / 24, '16h': 16 / 24, '7d': 7, '28d': 28, '30d': 30, '90d': 90 }[text];
      const window: Slo = { ...slo, windowSeconds: (days ?? 0) * 86_400 };
      const step = 7200;
      let tally = started();
      for (let at = step; at <= window.windowSeconds + 6 * hour; at += step) {
        const rows = Array.from(
          { length: step / 300 },
          (_, nth): Row => [begin + at - step + nth * 300, 300, 123_456_789, 123_456, 123_456],
        );
        const release = { releaseId: 'r'.repeat(60), firstShiftAt: isoTime(nowMs(0)), rows };
        tally = addLook(tally, { ...lookAt(at, rows), release }, window);
      }
      expect(JSON.stringify(tally).length).toBeLessThan(16_384);
      const end = Date.parse(tally.lookedAt);
      expect(standingOf(tally, window, end).knownShare).toBe(1);
      expect(window.windowSeconds / sealedSeconds(window)).toBeLessThanOrEqual(200);
    },
  );

  it('does not take what has not settled for a time without requests', () => {
    const points = [pointOf(0), pointOf(310)];
    const rows = rowsOf([points], slo, during(600, 240));
    expect(rows).toEqual([
      [begin, 300, 10, 0, 0],
      [begin + 300, 60, 10, 0, 0],
    ]);
    expect(rowsOf([points], slo, during(600, 400))[1]?.[1]).toBe(0);
  });

  it('is looked at from where the last look was, with what may still come', () => {
    const at = (seconds: number, periodSeconds: number) => ({
      ...started(),
      lookedAt: isoTime(nowMs(seconds)),
      periodSeconds,
    });
    expect(lookFrom(null, nowMs(hour + 10))).toBe(nowMs(0));
    expect(lookFrom(at(hour, 1), nowMs(hour + 60))).toBe(nowMs(hour - 300));
    expect(lookFrom(at(hour, 60), nowMs(hour + 60))).toBe(nowMs(hour - 900));
    expect(lookFrom(at(hour, 3600), nowMs(2 * hour))).toBe(nowMs(0));
    expect(lookFrom(at(0, 60), nowMs(50 * hour))).toBe(nowMs(48 * hour));
    // Of a source whose points settle late the last look knew less.
    expect(lookFrom(at(hour, 60), nowMs(hour + 60), 900)).toBe(nowMs(hour - 1800));
  });
});
