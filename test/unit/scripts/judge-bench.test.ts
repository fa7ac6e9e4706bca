import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseArguments } from '../../../scripts/bench/judge/arguments.ts';
import { measureCounts } from '../../../scripts/bench/judge/counts.ts';
import {
  mannWhitneyJudge,
  meanJudge,
  sequentialJudge,
} from '../../../scripts/bench/judge/judges.ts';
import { looksNeeded } from '../../../scripts/bench/judge/likelihood-ratio.ts';
import { measureNoise } from '../../../scripts/bench/judge/noise.ts';
import { inject, pairsOf, readSeries } from '../../../scripts/bench/judge/pairs.ts';
import { renderReport } from '../../../scripts/bench/judge/report.ts';
import { rowOf, tally } from '../../../scripts/bench/judge/tally.ts';
import { drawPoisson, logFactorial } from '../../../scripts/judge/poisson.ts';
import { seededRandom } from '../../../scripts/judge/random.ts';
import { latencies } from '../../support/series.ts';

const minute = (i: number) => new Date(Date.UTC(2026, 0, 1, 0, 5 * i)).toISOString();

/** A folder of series, five minutes from point to point. */
function folderOf(series: Record<string, number[]>, windows: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'verdigris-judge-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, values] of Object.entries(series)) {
    const rows = values.map((value, i) => `${minute(i).slice(0, 19).replace('T', ' ')},${value}`);
    writeFileSync(join(folder, name), `timestamp,value\n${rows.join('\n')}\n`);
  }
  writeFileSync(join(folder, 'windows.json'), JSON.stringify(windows));
  return folder;
}

describe('pairs of a series', () => {
  it('are neighbouring stretches, each candidate the next baseline', () => {
    const folder = folderOf({ 'a.csv': [1, 2, 3, 4, 5, 6, 7] });
    const [series] = readSeries(folder);

    expect(series && pairsOf(series, 2)).toEqual([
      { baseline: [1, 2], candidate: [3, 4] },
      { baseline: [3, 4], candidate: [5, 6] },
    ]);
  });

  it('stay out of incidents, and are forty at most', () => {
    const values = Array.from({ length: 400 }, (_, i) => i);
    const folder = folderOf({ 'a.csv': values }, { 'a.csv': [[minute(5), minute(5)]] });
    const [series] = readSeries(folder);
    const pairs = series ? pairsOf(series, 4) : [];

    expect(pairs).toHaveLength(40);
    expect(pairs[0]?.baseline).toEqual([8, 9, 10, 11]);
  });

  it('are made worse over the whole stretch or its last third', () => {
    expect(inject([1, 1, 1, 1, 1, 1], { where: 'whole', factor: 2 })).toEqual([2, 2, 2, 2, 2, 2]);
    expect(inject([1, 1, 1, 1, 1, 1, 1], { where: 'late', factor: 5 })).toEqual([
      1, 1, 1, 1, 1, 5, 5,
    ]);
  });

  it('are refused with file and line where a row is broken', () => {
    const folder = folderOf({ 'a.csv': [1, 2] });
    writeFileSync(join(folder, 'a.csv'), 'timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01,x\n');

    expect(() => readSeries(folder)).toThrow(
      'a.csv:3: needs timestamp,value, and is "2026-01-01,x"',
    );
    expect(() => readSeries(folderOf({}))).toThrow('holds no series');
  });
});

describe('the references', () => {
  const baseline = latencies(1, 30);
  const candidate = latencies(2, 30);
  const worse = (factor: number) => candidate.map((value) => value * factor);

  it.each([
    ['Mann-Whitney', mannWhitneyJudge],
    ['mean threshold', meanJudge],
  ])('find at the end what lasts, and nothing where nothing is wrong: %s', (_, judge) => {
    expect(judge({ baseline, candidate })).toBeNull();
    expect(judge({ baseline, candidate: worse(2) })).toBe(29);
    expect(judge({ baseline, candidate: worse(0.5) })).toBeNull();
  });

  it('calls nothing a breach that never changes', () => {
    const constant = Array.from({ length: 12 }, () => 3);

    expect(mannWhitneyJudge({ baseline: constant, candidate: constant })).toBeNull();
  });

  it('lets Mann and Whitney miss what comes late, which the judge finds', () => {
    const late = inject(candidate, { where: 'late', factor: 2 });

    expect(mannWhitneyJudge({ baseline, candidate: late })).toBeNull();
    expect(sequentialJudge()({ baseline, candidate: late })).toBeGreaterThanOrEqual(20);
  });
});

describe('what is found', () => {
  const pairs = [{ baseline: [1, 1, 1, 1, 1, 1], candidate: [1, 1, 1, 1, 1, 1] }];

  it.each([
    ['before the onset, which finds nothing', 3, 0, null],
    ['at the onset', 4, 100, 1],
    ['after it', 5, 100, 2],
  ])('is a breach %s', (_, at, recall, delay) => {
    const row = rowOf(tally(() => at, pairs));

    expect(row.recall['late x2']).toBe(recall);
    expect(row.delay['late x2']).toBe(delay);
    expect(row.recall['whole x2']).toBe(100);
  });
});

describe('the benchmark on noise', () => {
  it('counts pairs, false alarms and what is found, by length and judge', () => {
    const folder = folderOf({ 'a.csv': latencies(3, 260), 'b.csv': latencies(4, 200) });
    const report = measureNoise(readSeries(folder), 1, 500);

    expect(report.series).toEqual([
      { name: 'a', pairs: { 12: 20, 30: 7, 50: 4 } },
      { name: 'b', pairs: { 12: 15, 30: 5, 50: 3 } },
    ]);
    expect(report.rows).toHaveLength(9);
    const ours = report.rows.filter(({ judge }) => judge === 'sequential');
    for (const row of ours) {
      expect(row.falsePositives).toBe(0);
      expect(row.recall['whole x2']).toBe(100);
      expect(row.delay['whole x2']).toBeLessThan(8);
    }
    expect(report.leftOut.chosen.map(({ series }) => series)).toEqual(['a', 'b']);
    expect(report.leftOut.rows.map(({ pairs }) => pairs)).toEqual([35, 12, 7]);
  });

  it('gives the same numbers for the same seed', () => {
    const series = readSeries(folderOf({ 'a.csv': latencies(5, 150) }));

    expect(measureNoise(series, 7, 200)).toEqual(measureNoise(series, 7, 200));
    expect(measureCounts(3, 7)).toEqual(measureCounts(3, 7));
  });
});

describe('the benchmark on counts', () => {
  it('has few false alarms, and finds large regressions as fast as the test that knows them', () => {
    const { rows, falsePositives } = measureCounts(20, 1);
    const cell = rows.find((it) => it.rate === 0.05 && it.requests === 30_000);

    expect(Math.max(...Object.values(falsePositives))).toBeLessThanOrEqual(1);
    expect(cell?.regressions.at(-1)).toEqual({ factor: 10, found: 100, delay: 1, limit: 1 });
  });

  it('knows what a test can do that knows the rates', () => {
    // Ten errors against one are above the 99th percentile of one at once; three against two are not.
    expect(looksNeeded(1, 10, 0.01)).toBe(1);
    expect(looksNeeded(2, 1.5, 0.01)).toBeGreaterThan(5);
    expect(looksNeeded(3, 2, 0.01)).toBeLessThan(looksNeeded(3, 1.5, 0.01));
    // By the normal distribution: (2.326 / 0.5)² / 100 looks at 1.5 times.
    expect(looksNeeded(100, 1.1, 0.01)).toBe(6);
  });

  it('draws errors with the mean and the variance of Poisson', () => {
    for (const mean of [0.2, 4, 30, 2500]) {
      const random = seededRandom(2);
      const draws = Array.from({ length: 20_000 }, () => drawPoisson(mean, random));
      const average = draws.reduce((sum, it) => sum + it, 0) / draws.length;
      const variance = draws.reduce((sum, it) => sum + (it - average) ** 2, 0) / draws.length;

      expect(Math.abs(average / mean - 1)).toBeLessThan(0.04);
      expect(Math.abs(variance / mean - 1)).toBeLessThan(0.06);
    }
    expect(logFactorial(10)).toBeCloseTo(Math.log(3_628_800), 8);
    expect(logFactorial(5)).toBeCloseTo(Math.log(120), 10);
  });
});

describe('the report', () => {
  it('says in tables what was measured, and what was not', () => {
    const counts = measureCounts(2, 1);
    const machine = { os: '', cpu: '', cores: 1, memoryGb: 1, node: '' };
    const base = { schema: 1, at: '', seconds: 1, seed: 1, machine, counts } as const;
    const noise = measureNoise(readSeries(folderOf({ 'a.csv': latencies(6, 120) })), 1, 200);

    const without = renderReport({ ...base, noise: null }).join('\n');
    expect(without).toContain('real noise is not measured');
    expect(without).toContain('0.01 %  100,000');
    expect(renderReport({ ...base, noise }).join('\n')).toMatch(/12 +sequential +9 +0\.0 /);
  });
});

describe('the arguments of bench:judge', () => {
  it('have their defaults', () => {
    expect(parseArguments([])).toEqual({ data: null, releases: 300, seed: 1, isJson: false });
    expect(parseArguments(['--data', 'd', '--releases', '5', '--seed', '2', '--json'])).toEqual({
      data: 'd',
      releases: 5,
      seed: 2,
      isJson: true,
    });
  });

  it('are refused where they are wrong', () => {
    expect(() => parseArguments(['--releases', '0'])).toThrow('--releases 0: needs a whole number');
    expect(() => parseArguments(['--seed', 'x'])).toThrow('--seed x');
    expect(() => parseArguments(['--datum', 'x'])).toThrow();
  });
});
