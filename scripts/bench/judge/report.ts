import { renderTable } from '../../../cli/table.ts';
import type { describeMachine } from '../report.ts';
import { type CountsReport, factors, tolerances } from './counts.ts';
import { tolerance } from './judges.ts';
import type { NoiseReport } from './noise.ts';
import { injections } from './pairs.ts';
import { labelOf, type TallyRow } from './tally.ts';

/** One run of the benchmark, as `--json` prints it and the file keeps it. */
export interface JudgeReport {
  /** Version of this shape. */
  schema: 1;
  /** ISO 8601. */
  at: string;
  seconds: number;
  seed: number;
  machine: ReturnType<typeof describeMachine>;
  /** Null without `--data`. */
  noise: NoiseReport | null;
  counts: CountsReport;
}

const columns = injections.map(labelOf);

/** The report for people. */
export function renderReport({ noise, counts, seconds }: JudgeReport): string[] {
  return [
    ...(noise ? renderNoise(noise) : ['No --data: real noise is not measured.', '']),
    ...renderCounts(counts),
    `${seconds} s`,
  ];
}

function renderNoise({ series, rows, leftOut, settings }: NoiseReport): string[] {
  const heading = ['n', 'judge', 'pairs', 'false', ...columns];
  return [
    `Real noise, ${series.length} series, tolerance ${tolerance}x: % of pairs that are a breach, and median points until it`,
    ...renderTable([
      heading,
      ...rows.map((row) => [String(row.length), row.judge, String(row.pairs), ...cellsOf(row)]),
    ]),
    '',
    'The same, each series with what the others chose',
    ...renderTable([
      heading,
      ...leftOut.rows.map((row) => [
        String(row.length),
        'sequential',
        String(row.pairs),
        ...cellsOf(row),
      ]),
    ]),
    '',
    ...renderTable([
      ['left out', 'allowance', 'level'],
      ...leftOut.chosen.map((it) => [it.series, String(it.allowance), String(it.level)]),
    ]),
    '',
    'Other settings',
    ...renderTable([
      ['allowance', 'level', 'n', 'false', ...columns],
      ...settings.map((row) => [
        String(row.allowance),
        String(row.level),
        String(row.length),
        row.falsePositives.toFixed(1),
        ...columns.map((it) => (row.recall[it] ?? 0).toFixed(1)),
      ]),
    ]),
    '',
  ];
}

function cellsOf({ falsePositives, recall, delay }: TallyRow): string[] {
  const cells = columns.map((it) => `${(recall[it] ?? 0).toFixed(1)} (${delay[it] ?? '-'})`);
  return [falsePositives.toFixed(1), ...cells];
}

function renderCounts({ rows, looks, level, releases, falsePositives }: CountsReport): string[] {
  return tolerances.flatMap((allowed) => [
    `Errors of requests, tolerance ${allowed}x, ${looks} looks, ${releases} releases each: % found, median looks (of the test that knows the answer)`,
    ...renderTable([
      ['rate', 'requests', 'false', ...factors.map((it) => `x${it}`)],
      ...rows
        .filter((row) => row.tolerance === allowed)
        .map((row) => [
          `${row.rate * 100} %`,
          row.requests.toLocaleString('en'),
          row.falsePositives.toFixed(1),
          ...row.regressions.map(
            ({ found, delay, limit }) => `${found.toFixed(0)}  ${delay ?? '-'} (${limit ?? '-'})`,
          ),
        ]),
    ]),
    `false positives together: ${falsePositives[allowed]} % of releases, at most ${level * 100} % allowed`,
    '',
  ]);
}
