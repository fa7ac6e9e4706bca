import { nearestName } from '../../lib/release/nearest.ts';
import { usageError } from '../errors.ts';
import type { JudgedCount, JudgedMetric } from '../io.ts';
import { unreadable } from './files.ts';
import { inTimeOrder, isTimeColumn, type Row, timeOf } from './times.ts';

/** Columns of a CSV file, a number for each row; null where the cell is empty. */
export interface SampleTable {
  file: string;
  columns: Map<string, (number | null)[]>;
}

/** These two columns together are one metric. */
const rateColumns = ['errors', 'requests'] as const;
export const rateName = 'errorRate';

/**
 * Reads CSV with a heading, or without one: then the last column is the value, and the first its time.
 * Where there are times, rows are put in their order.
 * @throws CommandError that names the file and the line
 */
export function parseTable(file: string, text: string): SampleTable {
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/)
    .map(cellsOf);
  const [first = []] = lines;
  // Nobody calls a column by a number.
  const isBare = typeof numberOf(first.at(-1) ?? '') === 'number';
  const heading = isBare ? bareHeading(first) : first;
  const rows = lines.map((cells, i): Row => ({ cells, place: `${file}:${i + 1}` }));
  const samples = isBare ? rows : rows.slice(1);
  for (const { cells, place } of samples) {
    if (cells.length === heading.length) continue;
    throw unreadable(`${place}: has ${cells.length} cells, and the heading has ${heading.length}`);
  }
  const names = heading.filter((name) => name !== unnamed && !isTimeColumn(name));
  if (new Set(names).size < names.length) throw unreadable(`${file}:1: names a column twice`);
  if (names.length === 0 || samples.length === 0) {
    throw unreadable(`${file}: has no samples; it needs rows such as timestamp,value`);
  }
  const times = heading.flatMap((name, i) => (isTimeColumn(name) ? [i] : []));
  const looks = inTimeOrder(samples, times);
  const columnOf = (name: string) =>
    looks.map(({ cells, place }) => sampleOf(cells[heading.indexOf(name)] ?? '', place, name));
  return { file, columns: new Map(names.map((name) => [name, columnOf(name)])) };
}

/** What stands between time and value where there is no heading. */
const unnamed = '';

function bareHeading([first = '', ...others]: readonly string[]): string[] {
  if (others.length === 0) return ['value'];
  return [timeOf(first) === null ? unnamed : 'time', ...others.slice(1).fill(unnamed), 'value'];
}

function cellsOf(line: string): string[] {
  return line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

/** Null for what is missing, undefined for what is no number. */
function numberOf(cell: string): number | null | undefined {
  if (/^(?:null|nan)?$/i.test(cell)) return null;
  const number = Number(cell);
  return Number.isFinite(number) ? number : undefined;
}

function sampleOf(cell: string, place: string, column: string): number | null {
  const number = numberOf(cell);
  if (number === undefined)
    throw unreadable(`${place}: ${column} is "${cell}", which is no number`);
  return number;
}

/**
 * The metrics that both sides have, or those that are asked for.
 * @throws CommandError where one is in neither or only one of the files
 */
export function metricsOf(
  blue: SampleTable,
  green: SampleTable,
  wanted: readonly string[] | undefined,
): JudgedMetric[] {
  const common = [...namesOf(blue)].filter((name) => namesOf(green).has(name));
  if (common.length === 0) {
    throw unreadable(
      `${blue.file} and ${green.file} have no column in common: ${[...namesOf(blue)].join(', ')} and ${[...namesOf(green)].join(', ')}`,
    );
  }
  for (const name of wanted ?? []) {
    if (common.includes(name) || isColumnOfBoth(name, blue, green)) continue;
    const nearest = nearestName(name, common);
    const hint = nearest ? `did you mean ${nearest}?` : `there is ${common.join(', ')}`;
    throw usageError(`--metric ${name}: is no column of both files; ${hint}`);
  }
  return (wanted ?? common).map((name) => metricOf(name, blue, green));
}

function isColumnOfBoth(name: string, blue: SampleTable, green: SampleTable): boolean {
  return blue.columns.has(name) && green.columns.has(name);
}

/** Errors and requests are one metric, not two. */
function namesOf({ columns }: SampleTable): Set<string> {
  const isRate = rateColumns.every((name) => columns.has(name));
  const names = [...columns.keys()];
  if (!isRate) return new Set(names);
  return new Set([rateName, ...names.filter((name) => !rateColumns.some((it) => it === name))]);
}

function metricOf(name: string, blue: SampleTable, green: SampleTable): JudgedMetric {
  if (name === rateName && !isColumnOfBoth(name, blue, green)) {
    const [before, candidate] = [countsOf(blue), countsOf(green)];
    return { name, kind: 'rate', baseline: { before }, candidate };
  }
  const [before, candidate] = [blue, green].map(({ columns }) => columns.get(name) ?? []);
  return { name, kind: 'value', baseline: { before: before ?? [] }, candidate: candidate ?? [] };
}

function countsOf({ file, columns }: SampleTable): (JudgedCount | null)[] {
  const [errors = [], requests = []] = rateColumns.map((name) => columns.get(name));
  return errors.map((failed, i) => {
    const all = requests[i] ?? null;
    if (failed === null || all === null) return null;
    if (failed >= 0 && all >= failed) return { errors: failed, requests: all };
    throw unreadable(`${file}: look ${i} has ${failed} errors of ${all} requests`);
  });
}
