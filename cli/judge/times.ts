import { unreadable } from './files.ts';

/** A row of a file of samples; `place` is its file and line. */
export interface Row {
  cells: readonly string[];
  place: string;
}

const timeColumns = /^(?:timestamp|ts|time|date|datetime|at)$/i;
const iso = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;
const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i;
/** What is larger are milliseconds: as seconds it would be the year 5138. */
const mostSeconds = 1e11;

export function isTimeColumn(name: string): boolean {
  return timeColumns.test(name);
}

/**
 * Milliseconds since the Unix epoch of an ISO time, in UTC unless it says otherwise, or of a number of
 * seconds or milliseconds; null for anything else.
 */
export function timeOf(text: string): number | null {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) {
    const number = Number(text);
    return Math.abs(number) > mostSeconds ? number : number * 1000;
  }
  if (!iso.test(text)) return null;
  const whole = text.replace(' ', 'T');
  const time = Date.parse(whole.includes('T') && !hasZone.test(whole) ? `${whole}Z` : whole);
  return Number.isNaN(time) ? null : time;
}

/**
 * Rows from the oldest to the newest, by the columns at these indexes: a date and a time count together.
 * Rows stay as they are where there is no such column.
 * @throws CommandError where a time cannot be read, or comes twice
 */
export function inTimeOrder<It extends Row>(rows: readonly It[], indexes: readonly number[]): It[] {
  const [first] = indexes;
  if (first === undefined) return [...rows];
  const timed = rows.map((row) => {
    const together = timeOf(indexes.map((i) => row.cells[i]).join(' '));
    const at = together ?? timeOf(row.cells[first] ?? '');
    if (at !== null) return { row, at };
    const reason = `has the time "${row.cells[first]}", which is neither ISO 8601 nor seconds or milliseconds since 1970`;
    throw unreadable(`${row.place}: ${reason}`);
  });
  timed.sort((a, b) => a.at - b.at);
  for (const [i, { row, at }] of timed.entries()) {
    const before = timed[i - 1];
    if (before?.at !== at) continue;
    const reason = `has the same time as ${before.row.place}; there is one row for each look`;
    throw unreadable(`${row.place}: ${reason}`);
  }
  return timed.map(({ row }) => row);
}
