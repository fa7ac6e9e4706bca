import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRelease } from '../../../../lib/signals/judge/judge-release.ts';
import type {
  Count,
  MetricQuestion,
  RateMetric,
  Series,
  Tolerance,
  ValueMetric,
} from '../../../../lib/signals/judge/question.ts';

const looks = 24;
/** Whole numbers, so that what is added to them is added exactly. */
const point = fc.integer({ min: 1, max: 60 });
const points = fc.array(point, { minLength: looks, maxLength: looks });
const withHoles = fc.array(fc.option(point, { freq: 8 }), { minLength: looks, maxLength: looks });
const count = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 20, max: 300 }))
  .map(([errors, requests]): Count => ({ errors, requests }));
const counts = fc.array(count, { minLength: looks, maxLength: looks });
const ratio = fc.constantFrom(1, 1.25, 1.5, 2).map((it): Tolerance => ({ ratio: it }));
const absolute = fc.constantFrom(0, 3, 10).map((it): Tolerance => ({ absolute: it }));

function value(before: Series, candidate: Series, tolerance: Tolerance, name = 'v'): ValueMetric {
  return { kind: 'value', name, tolerance, baseline: { before }, candidate };
}

function rate(before: Count[], candidate: Count[], tolerance: Tolerance, name = 'r'): RateMetric {
  return { kind: 'rate', name, tolerance, baseline: { before }, candidate };
}

const judge = (...metrics: MetricQuestion[]) => judgeRelease({ metrics, plannedLooks: looks });
const atOf = (metric: MetricQuestion) => judge(metric).at;
const whenever = (at: number | null) => at ?? Number.POSITIVE_INFINITY;

describe('the verdict about a value', () => {
  it('does not depend on the unit where the tolerance is a ratio', () => {
    fc.assert(
      fc.property(points, withHoles, ratio, fc.integer({ min: -20, max: 20 }), (b, c, t, power) => {
        const scaled = (series: Series) => series.map((it) => it && it * 2 ** power);

        expect(atOf(value(scaled(b), scaled(c), t))).toBe(atOf(value(b, c, t)));
      }),
    );
  });

  it('does not depend on where zero is where the tolerance is absolute', () => {
    fc.assert(
      fc.property(
        points,
        withHoles,
        absolute,
        fc.integer({ min: -99, max: 999 }),
        (b, c, t, by) => {
          const shifted = (series: Series) => series.map((it) => it && it + by);

          expect(atOf(value(shifted(b), shifted(c), t))).toBe(atOf(value(b, c, t)));
        },
      ),
    );
  });

  it('is mirrored where a decrease is bad', () => {
    fc.assert(
      fc.property(points, withHoles, fc.oneof(ratio, absolute), (b, c, t) => {
        const mirrored = (series: Series) => series.map((it) => it && -it);
        const decrease = { ...value(mirrored(b), mirrored(c), t), direction: 'decrease' as const };

        expect(atOf(decrease)).toBe(atOf(value(b, c, t)));
      }),
    );
  });

  it('comes no later with a larger effect, from whatever look on', () => {
    fc.assert(
      fc.property(
        points,
        points,
        fc.oneof(ratio, absolute),
        fc.nat({ max: looks - 1 }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        (b, c, t, from, one, other) => {
          const atWith = (factor: number) =>
            whenever(
              atOf(
                value(
                  b,
                  c.map((it, i) => (i < from ? it : it * factor)),
                  t,
                ),
              ),
            );

          expect(atWith(Math.max(one, other))).toBeLessThanOrEqual(atWith(Math.min(one, other)));
        },
      ),
    );
  });

  it('comes no later with less tolerance or a smaller minimum effect', () => {
    fc.assert(
      fc.property(points, points, (b, c) => {
        const worse = c.map((it) => it * 1.6);
        const atWith = (tolerance: number, minEffect: number) =>
          whenever(atOf({ ...value(b, worse, { ratio: tolerance }), minEffect }));

        expect(atWith(1.1, 0)).toBeLessThanOrEqual(atWith(1.5, 0));
        expect(atWith(1.1, 0)).toBeLessThanOrEqual(atWith(1.1, 5));
      }),
    );
  });
});

describe('the verdict about a rate', () => {
  it('comes no later with more errors, from whatever look on', () => {
    fc.assert(
      fc.property(
        counts,
        counts,
        ratio,
        fc.nat({ max: looks - 1 }),
        fc.nat({ max: 20 }),
        (b, c, t, from, more) => {
          const worse = c.map((it, i) => (i < from ? it : { ...it, errors: it.errors + more }));

          expect(whenever(atOf(rate(b, worse, t)))).toBeLessThanOrEqual(
            whenever(atOf(rate(b, c, t))),
          );
        },
      ),
    );
  });

  it('comes no later with more errors where blue is measured at the same time', () => {
    fc.assert(
      fc.property(counts, counts, ratio, fc.nat({ max: 20 }), (concurrent, c, t, more) => {
        const worse = c.map((it) => ({ ...it, errors: it.errors + more }));
        const beside = (candidate: Count[]): RateMetric => ({
          ...rate([], candidate, t),
          baseline: { before: [], concurrent },
        });

        expect(whenever(atOf(beside(worse)))).toBeLessThanOrEqual(whenever(atOf(beside(c))));
      }),
    );
  });

  it('comes no later with a better blue', () => {
    fc.assert(
      fc.property(counts, counts, ratio, (b, c, t) => {
        const better = b.map((it) => ({ ...it, requests: it.requests * 2 }));

        expect(whenever(atOf(rate(better, c, t)))).toBeLessThanOrEqual(
          whenever(atOf(rate(b, c, t))),
        );
      }),
    );
  });
});

describe('every verdict', () => {
  const question = fc.oneof(
    fc.tuple(points, withHoles, ratio).map(([b, c, t]) => value(b, c, t)),
    fc.tuple(counts, counts, ratio).map(([b, c, t]) => rate(b, c, t)),
    fc.tuple(points, points, withHoles, ratio).map(([b, beside, c, t]) => ({
      ...value(b, c, t),
      baseline: { before: b, concurrent: beside },
    })),
    fc.tuple(counts, counts, counts, ratio).map(([b, beside, c, t]) => ({
      ...rate(b, c, t),
      baseline: { before: b, concurrent: beside },
    })),
  );
  const worsened = question.map(
    (it): MetricQuestion =>
      it.kind === 'value'
        ? { ...it, candidate: it.candidate.map((x, i) => (x !== null && i > 9 ? x * 3 : x)) }
        : {
            ...it,
            candidate: it.candidate.map(
              (x, i) => x && (i > 9 ? { ...x, errors: x.errors + 9 } : x),
            ),
          },
  );
  const until = (metric: MetricQuestion, look: number): MetricQuestion =>
    metric.kind === 'value'
      ? { ...metric, candidate: metric.candidate.slice(0, look) }
      : { ...metric, candidate: metric.candidate.slice(0, look) };

  it('is the same whatever comes later, and none before', () => {
    fc.assert(
      fc.property(fc.oneof(question, worsened), fc.integer({ min: 1, max: looks }), (q, look) => {
        const at = atOf(q);

        expect(atOf(until(q, look))).toBe(at !== null && at < look ? at : null);
      }),
    );
  });

  it('does not depend on the order of the metrics', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(worsened, fc.boolean(), fc.integer({ min: 1, max: 3 })), {
          minLength: 2,
          maxLength: 4,
        }),
        (drawn) => {
          const metrics = drawn.map(
            ([it, critical, weight], i): MetricQuestion => ({
              ...it,
              name: `metric-${i}`,
              critical,
              weight,
            }),
          );
          const [there, back] = [judge(...metrics), judge(...metrics.toReversed())];

          expect(back.verdict).toBe(there.verdict);
          expect(back.at).toBe(there.at);
          expect(back.metrics.toReversed()).toEqual(there.metrics);
        },
      ),
    );
  });
});
