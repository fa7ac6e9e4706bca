import { parseJson, shown } from '../body-expectation.ts';

/** Lines of a log, and whether all of them are green's. */
export interface LogLines {
  lines: string[];
  /** False where blue, or somebody else, writes into the same log. */
  isOwn: boolean;
  /** What it is called, for people. */
  name: string;
}

type Entry = Record<string, unknown>;

/** What one log field came to: null when it is there. */
export type FieldProblem = string | null;

/**
 * Looks for fields in those lines that are JSON and green's: those of the trace of our own requests, or all
 * where there are none and nobody else writes there. A label has to be in every one of them, with green's
 * value; any other field in one at least.
 */
export function fieldProblems(
  { lines, isOwn, name }: LogLines,
  fields: readonly string[],
  labels: Readonly<Record<string, string>>,
  traceId: string,
): FieldProblem[] {
  const entries = entriesOf(lines, isOwn, traceId);
  if (entries.length === 0) return fields.map(() => noEntries(lines, name));
  return fields.map((field) => problemOf(field, entries, labels[field]));
}

/** Whether any line tells of our trace. */
export function hasTrace({ lines }: LogLines, traceId: string): boolean {
  return lines.some((line) => line.includes(traceId));
}

function entriesOf(lines: readonly string[], isOwn: boolean, traceId: string): Entry[] {
  const traced = lines.filter((line) => line.includes(traceId)).flatMap(entryIn);
  return traced.length > 0 || !isOwn ? traced : lines.flatMap(entryIn);
}

/** The JSON object of a line; Lambda writes time, request and level before it. */
function entryIn(line: string): Entry[] {
  const begin = line.indexOf('{');
  if (begin < 0) return [];
  const value = parseJson(line.slice(begin));
  return isEntry(value) ? [value] : [];
}

/** What Lambda itself writes is none of the application. */
function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { type } = value as Entry;
  return !(typeof type === 'string' && type.startsWith('platform.'));
}

function problemOf(
  field: string,
  entries: readonly Entry[],
  wanted: string | undefined,
): FieldProblem {
  const values = entries.map((entry) => valueAt(entry, field));
  const without = values.filter((it) => it === undefined || it === null).length;
  if (wanted === undefined) {
    return without < entries.length ? null : `is in none of ${entries.length} lines`;
  }
  if (without > 0) return `is missing in ${without} of ${entries.length} lines`;
  const other = values.find((it) => String(it) !== wanted);
  return other === undefined ? null : `is ${shown(other, 60)} instead of "${wanted}"`;
}

/** A name as it is written, else a dotted path into nested objects. */
function valueAt(entry: Entry, field: string): unknown {
  if (Object.hasOwn(entry, field)) return entry[field];
  return field.split('.').reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Entry)[key];
  }, entry);
}

function noEntries(lines: readonly string[], name: string): string {
  if (lines.length === 0) return `nothing is in ${name}`;
  return `none of the last ${lines.length} lines in ${name} is green's and JSON`;
}
