import { describe, expect, it } from 'vitest';
import { judgeRelease } from '../../../../lib/signals/judge/judge-release.ts';
import type {
  Baseline,
  Count,
  Counts,
  RateMetric,
} from '../../../../lib/signals/judge/question.ts';
import { drawPoisson } from '../../../../scripts/judge/poisson.ts';
import { seededRandom } from '../../../../scripts/judge/random.ts';
import { failures } from '../../../support/series.ts';

function judge(
  baseline: Baseline<Count> | Count[],
  candidate: Counts,
  differs: Partial<RateMetric> = {},
) {
  const { verdict, at, reason, metrics } = judgeRelease({
    plannedLooks: 30,
    metrics: [
      {
        kind: 'rate',
        name: 'errorRate',
        tolerance: { ratio: 2 },
        baseline: Array.isArray(baseline) ? { before: baseline } : baseline,
        candidate,
        ...differs,
      },
    ],
  });
  return { verdict, at, reason, metric: metrics[0] };
}

const blue = failures(1, 30, 1000, 0.01);
const green = failures(2, 30, 1000, 0.01);
const looks = (count: number, errors: number, requests: number): Count[] =>
  Array.from({ length: count }, () => ({ errors, requests }));

describe('a rate', () => {
  it('is healthy so far where green is as blue, and says so with numbers', () => {
    const { verdict, reason } = judge(blue, green);

    expect(verdict).toBe('healthy-so-far');
    expect(reason).toMatch(
      /^errorRate: green \d+ of 30,000 requests \([\d.]+ %\), blue \d+ of 30,000 requests \([\d.]+ %\), at most [\d.]+ % allowed \(evidence [\d.]+ : 1, 100 : 1 needed\)$/,
    );
  });

  it('is a breach where five times as many fail, after one look or two', () => {
    const { at, reason } = judge(blue, failures(3, 30, 1000, 0.05));

    expect(at).toBeLessThan(2);
    expect(reason).toMatch(/^errorRate: green \d+ of [\d,]+ requests \(\d.* %\) from look 0 to/);
  });

  it('counts errors with the requests they are of', () => {
    expect(judge(looks(30, 1, 100), looks(30, 8, 100)).verdict).toBe('breach');
    expect(judge(looks(30, 1, 100), looks(30, 80, 8000)).verdict).toBe('healthy-so-far');
    expect(judge(looks(3, 0, 30), looks(3, 1, 40)).verdict).toBe('healthy-so-far');
  });

  it('finds a regression that begins in the last third of the window, and since when', () => {
    const late = [...green.slice(0, 20), ...failures(4, 10, 1000, 0.05)];
    const { at, metric } = judge(blue, late);

    expect(at).toBeGreaterThanOrEqual(20);
    expect(at).toBeLessThan(24);
    expect(metric?.evidence).toMatchObject({ since: 20 });
  });

  it('is healthy within its tolerance, and not beyond', () => {
    const more = failures(5, 30, 10_000, 0.03);
    const before = failures(6, 30, 10_000, 0.01);

    expect(judge(before, more, { tolerance: { ratio: 3.2 } }).verdict).toBe('healthy-so-far');
    expect(judge(before, more, { tolerance: { ratio: 2 } }).verdict).toBe('breach');
    expect(judge(before, more, { tolerance: { absolute: 0.025 } }).verdict).toBe('healthy-so-far');
    expect(judge(before, more, { tolerance: { absolute: 0.01 } }).verdict).toBe('breach');
  });

  it('is no breach where it is worse by less than the minimum effect', () => {
    const before = failures(7, 30, 100_000, 0.0005);
    const more = failures(8, 30, 100_000, 0.002);

    expect(judge(before, more).verdict).toBe('breach');
    expect(judge(before, more, { minEffect: 0.01 }).verdict).toBe('healthy-so-far');
  });

  it('may be one that must not fall', () => {
    const hits = failures(9, 30, 1000, 0.4);
    const fewer = failures(10, 30, 1000, 0.1);
    const decrease = { direction: 'decrease', tolerance: { ratio: 1.5 } } as const;

    expect(judge(hits, fewer, decrease).metric?.direction).toBe('decrease');
    expect(judge(hits, failures(11, 30, 1000, 0.4), decrease).verdict).toBe('healthy-so-far');
    expect(judge(hits, fewer, { ...decrease, direction: 'increase' }).verdict).toBe(
      'healthy-so-far',
    );
    expect(judge(hits, fewer, { ...decrease, direction: 'either' }).verdict).toBe('breach');
  });
});

describe('a rate of zero', () => {
  const spotless = looks(30, 0, 1000);

  it('is a breach where green has real errors', () => {
    expect(judge(spotless, looks(2, 5, 1000)).verdict).toBe('breach');
    expect(judge(looks(3, 0, 100), looks(10, 5, 100)).verdict).toBe('breach');
  });

  it('does not take one error for a breach', () => {
    expect(judge(spotless, [...looks(3, 0, 100), ...looks(1, 1, 100)]).verdict).toBe(
      'healthy-so-far',
    );
  });

  it('is healthy where green has none either', () => {
    expect(judge(spotless, looks(30, 0, 1000)).verdict).toBe('healthy-so-far');
  });

  it('takes nothing for a breach that is below the floor', () => {
    const few = looks(30, 4, 100_000);

    expect(judge(looks(30, 0, 1_000_000), few).verdict).toBe('healthy-so-far');
    expect(judge(looks(30, 0, 1_000_000), few, { floor: 0.000001 }).verdict).toBe('breach');
  });
});

describe('a rate without data', () => {
  it('needs a hundred requests to green for a pass', () => {
    const { verdict, reason } = judge(blue, looks(3, 0, 33));

    expect(verdict).toBe('not-enough-data');
    expect(reason).toBe('errorRate: green answered 99 of the 100 requests that a verdict needs');
    expect(judge(blue, looks(4, 0, 25)).verdict).toBe('healthy-so-far');
  });

  it('needs less for a breach', () => {
    expect(judge(blue, looks(1, 20, 30)).verdict).toBe('breach');
  });

  it('is not enough data without traffic', () => {
    const { verdict, reason } = judge(blue, looks(30, 0, 0));

    expect(verdict).toBe('not-enough-data');
    expect(reason).toBe('errorRate: green had no requests');
    expect(judge(blue, [null, null]).verdict).toBe('not-enough-data');
  });

  it('is not enough data where blue had no requests, and told so', () => {
    for (const none of [[], looks(30, 0, 0)]) {
      const { verdict, reason } = judge(none, looks(30, 2, 300));
      expect(verdict).toBe('not-enough-data');
      expect(reason).toContain('there is no blue to compare with, at most 5 % allowed');
    }
  });

  it('is a breach all the same where more fail than anybody would call healthy', () => {
    expect(judge([], looks(30, 14, 300)).verdict).toBe('not-enough-data');
    expect(judge([], looks(2, 60, 300)).verdict).toBe('breach');
  });

  it('is judged by what is known at a look: later ones do not judge it again', () => {
    const concurrent = [...looks(5, 0, 0), ...looks(25, 0, 1000)];
    const late = [...looks(5, 10, 1000), ...looks(25, 0, 1000)];
    expect(judge({ before: [], concurrent }, late).verdict).toBe('healthy-so-far');
    expect(judge({ before: looks(5, 0, 1000), concurrent }, late).verdict).toBe('breach');
  });

  it('is known where blue is so from earlier days only', () => {
    const known = { before: [], earlier: [looks(30, 10, 1000)] };
    const { verdict, reason } = judge(known, looks(30, 10, 1000));
    expect(verdict).toBe('healthy-so-far');
    expect(reason).toContain('blue is known from earlier days only');
  });

  it('skips looks that are missing', () => {
    const holes = failures(3, 30, 1000, 0.05).flatMap((count) => [null, count]);

    expect(judge(blue, holes).at).toBeLessThan(4);
  });
});

describe('a rate that troubles both sides', () => {
  const storm = (seed: number) => [
    ...failures(seed, 10, 1000, 0.01),
    ...failures(seed + 1, 20, 1000, 0.2),
  ];

  it('looks like a breach where blue is only known from before', () => {
    expect(judge(blue, storm(20)).verdict).toBe('breach');
  });

  it('is none where blue is measured at the same time', () => {
    expect(judge({ before: blue, concurrent: storm(30) }, storm(20)).verdict).toBe(
      'healthy-so-far',
    );
  });

  it('hides no green that is worse than blue at the same time', () => {
    const worse = storm(20).map(({ errors, requests }) => ({ errors: errors * 3, requests }));

    expect(judge({ before: blue, concurrent: storm(30) }, worse).verdict).toBe('breach');
  });

  it('counts a small share of the traffic right', () => {
    const share = failures(40, 30, 50, 0.2);
    const rest = failures(41, 30, 950, 0.2);

    expect(judge({ before: blue, concurrent: rest }, share).verdict).toBe('healthy-so-far');
    expect(judge({ before: blue, concurrent: rest }, failures(42, 30, 50, 0.7)).verdict).toBe(
      'breach',
    );
  });

  it('is none where earlier days had it too', () => {
    const earlier = [storm(50), storm(60)];

    expect(judge({ before: blue, earlier }, failures(70, 30, 1000, 0.12)).verdict).toBe(
      'healthy-so-far',
    );
    expect(judge({ before: blue, earlier }, failures(71, 30, 1000, 0.6)).verdict).toBe('breach');
  });
});

describe('errors that come in bursts', () => {
  const bursts = (seed: number) =>
    failures(seed, 30, 1000, 0.002).map(({ errors, requests }) => ({
      errors: errors * 10,
      requests,
    }));

  it('say less than errors that come alone', () => {
    const { verdict, metric } = judge(bursts(1), bursts(2), { tolerance: { ratio: 1.1 } });
    const dispersionOf = (one: typeof metric) =>
      one && 'dispersion' in one.evidence ? one.evidence.dispersion : 0;

    expect(verdict).toBe('healthy-so-far');
    expect(dispersionOf(metric)).toBeGreaterThan(5);
    expect(dispersionOf(judge(blue, green).metric)).toBe(1);
  });

  it('hide no regression where blue had one of them', () => {
    const oneBurst = looks(60, 0, 1000).with(30, { errors: 60, requests: 1000 });
    const tolerance = { ratio: 1.5 };

    expect(judge(oneBurst, looks(30, 5, 1000), { tolerance }).at).toBeLessThan(6);
    expect(judge(oneBurst, looks(30, 1, 1000), { tolerance }).verdict).toBe('healthy-so-far');
  });

  it('are seldom a breach where both sides have the same', () => {
    const random = seededRandom(5);
    const draw = (count: number): Count[] =>
      Array.from({ length: count }, () => ({
        errors: 50 * drawPoisson(0.05, random),
        requests: 3000,
      }));
    const releases = Array.from({ length: 200 }, () => judge(draw(60), draw(30)));
    const breaches = releases.filter(({ verdict }) => verdict === 'breach');

    expect(breaches.length / releases.length).toBeLessThanOrEqual(0.03);
  });

  it('are no breach by themselves, nor is a second one later, unless blue is known to be even', () => {
    const spotless = looks(60, 0, 1000);
    const burst = { errors: 60, requests: 1000 };
    const once = looks(30, 0, 1000).with(4, burst);
    const evenBlue = failures(12, 60, 1000, 0.001);

    expect(judge(spotless, once).verdict).toBe('healthy-so-far');
    expect(judge(spotless, once.with(9, burst)).verdict).toBe('healthy-so-far');
    expect(judge(evenBlue, once).at).toBe(4);
  });

  it('are a breach at the next look where they go on, and since when', () => {
    const { at, metric } = judge(
      looks(60, 0, 1000),
      [...looks(20, 0, 1000), ...looks(5, 60, 1000)].with(3, { errors: 60, requests: 1000 }),
    );

    expect(at).toBe(21);
    expect(metric?.evidence).toMatchObject({ since: 20 });
  });

  it('are an outage at once where most requests of a look fail', () => {
    expect(judge(looks(60, 0, 1000), [...looks(5, 0, 1000), ...looks(1, 600, 1000)]).at).toBe(5);
  });

  it('need not be told from an outage in a window of one look', () => {
    const { verdict } = judgeRelease({
      plannedLooks: 1,
      metrics: [
        {
          kind: 'rate',
          name: 'errorRate',
          tolerance: { ratio: 2 },
          baseline: { before: looks(60, 0, 1000) },
          candidate: looks(1, 60, 1000),
        },
      ],
    });

    expect(verdict).toBe('breach');
  });
});
