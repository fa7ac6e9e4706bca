import type { Count } from '../../../lib/signals/judge/question.ts';
import { judgeRate } from '../../../lib/signals/judge/rate-metric.ts';
import { drawPoisson } from '../../judge/poisson.ts';
import { seededRandom } from '../../judge/random.ts';
import { median } from '../numbers.ts';
import { looksNeeded } from './likelihood-ratio.ts';

/** Looks of a window, and of blue before it. */
export const looks = 30;
export const level = 0.01;
const rates = [0.0001, 0.001, 0.01, 0.05];
const requestsPerLook = [30, 300, 3000, 30_000, 100_000];
export const factors = [1.5, 2, 3, 10];
/** Without tolerance the judge is asked what the test that knows the answer is asked. */
export const tolerances = [1, 1.25];

/** One rate, one number of requests per look and one tolerance. Shares are in percent. */
export interface CountRow {
  rate: number;
  requests: number;
  tolerance: number;
  falsePositives: number;
  regressions: {
    factor: number;
    found: number;
    /** Median looks until it was found; null where less than half of them were. */
    delay: number | null;
    /** Looks after which the test that knows both rates finds half of them; null beyond the window. */
    limit: number | null;
  }[];
}

export interface CountsReport {
  looks: number;
  level: number;
  /** Of each cell. */
  releases: number;
  rows: CountRow[];
  /** All cells of a tolerance together, in percent. */
  falsePositives: Record<string, number>;
}

/** Measures the judge on errors among requests, drawn by chance. */
export function measureCounts(releases: number, seed: number): CountsReport {
  const random = seededRandom(seed);
  const rows = tolerances.flatMap((tolerance) =>
    rates.flatMap((rate) =>
      requestsPerLook.map((requests) =>
        measureCell({ rate, requests, tolerance }, releases, random),
      ),
    ),
  );
  const falsePositives = tolerances.map((tolerance) => {
    const cells = rows.filter((row) => row.tolerance === tolerance);
    const sum = cells.reduce((before, row) => before + row.falsePositives, 0);
    return [tolerance, Math.round((sum / cells.length) * 1000) / 1000];
  });
  return { looks, level, releases, rows, falsePositives: Object.fromEntries(falsePositives) };
}

type Cell = Pick<CountRow, 'rate' | 'requests' | 'tolerance'>;

function measureCell(cell: Cell, releases: number, random: () => number): CountRow {
  const percent = (count: number) => Math.round((count / releases) * 1000) / 10;
  return {
    ...cell,
    falsePositives: percent(breachesOf(cell, 1, releases, random).length),
    regressions: factors.map((factor) => {
      const delays = breachesOf(cell, factor, releases, random);
      const missed = Array.from({ length: releases - delays.length }, () => looks + 1);
      const delay = median([...delays, ...missed]);
      const limit = looksNeeded(cell.rate * cell.requests, factor, level);
      return {
        factor,
        found: percent(delays.length),
        delay: delay > looks ? null : delay,
        limit: limit > looks ? null : limit,
      };
    }),
  };
}

/** Looks until the verdict, of each release that was a breach. */
function breachesOf(
  { rate, requests, tolerance }: Cell,
  factor: number,
  releases: number,
  random: () => number,
): number[] {
  const draw = (mean: number): Count[] =>
    Array.from({ length: looks }, () => ({
      errors: Math.min(requests, drawPoisson(mean, random)),
      requests,
    }));
  return Array.from({ length: releases }, () => {
    const before = draw(rate * requests);
    const candidate = draw(rate * requests * factor);
    const [finding] = judgeRate(
      {
        kind: 'rate',
        name: 'errorRate',
        tolerance: { ratio: tolerance },
        baseline: { before },
        candidate,
      },
      looks,
      level,
    );
    return finding?.at ?? null;
  }).flatMap((at) => (at === null ? [] : [at + 1]));
}
