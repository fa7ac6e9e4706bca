import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A series of real measurements. */
export interface RecordedSeries {
  name: string;
  points: { at: number; value: number }[];
  /** Stretches in which something was wrong, in milliseconds. */
  incidents: { from: number; until: number }[];
}

/** Two neighbouring stretches of a series. */
export interface Pair {
  baseline: number[];
  candidate: number[];
}

/** Of one series at most so many pairs are used. */
const mostPairs = 40;

/**
 * Reads the series of a folder: files `*.csv` with `timestamp,value`, and `windows.json` with their
 * labelled incidents, `{ "file.csv": [[from, until], …] }`.
 * @throws Error that names the file, and the line where there is one.
 */
export function readSeries(folder: string): RecordedSeries[] {
  const windows = JSON.parse(readFileSync(path.join(folder, 'windows.json'), 'utf8')) as Record<
    string,
    [string, string][]
  >;
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv'));
  if (files.length === 0) throw new Error(`${folder}: holds no series (*.csv)`);
  return files.toSorted().map((name) => ({
    name: path.basename(name, '.csv'),
    points: parsePoints(name, readFileSync(path.join(folder, name), 'utf8')),
    incidents: (windows[name] ?? []).map(([from, until]) => ({
      from: timeOf(from),
      until: timeOf(until),
    })),
  }));
}

function parsePoints(file: string, text: string): RecordedSeries['points'] {
  const lines = text.trimEnd().split(/\r?\n/).slice(1);
  return lines.map((line, i) => {
    const [time = '', number = ''] = line.split(',');
    const point = { at: timeOf(time), value: Number(number) };
    if (number.trim() !== '' && Number.isFinite(point.at + point.value)) return point;
    throw new Error(`${file}:${i + 2}: needs timestamp,value, and is "${line}"`);
  });
}

/** Times are taken as UTC where they do not say otherwise. */
function timeOf(text: string): number {
  const iso = text.trim().replace(' ', 'T');
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(iso) ? iso : `${iso}Z`);
}

/** Neighbouring stretches of so many points each that touch no incident; the first forty of them. */
export function pairsOf({ points, incidents }: RecordedSeries, length: number): Pair[] {
  const starts = Array.from(
    { length: Math.max(0, Math.floor(points.length / length) - 1) },
    (_, i) => i * length,
  );
  return starts
    .map((start) => points.slice(start, start + 2 * length))
    .filter((stretch) => {
      const [from, until] = [stretch[0]?.at ?? 0, stretch.at(-1)?.at ?? 0];
      return !incidents.some((incident) => from <= incident.until && until >= incident.from);
    })
    .slice(0, mostPairs)
    .map((stretch) => {
      const values = stretch.map(({ value }) => value);
      return { baseline: values.slice(0, length), candidate: values.slice(length) };
    });
}

/** What is done to a candidate: multiplied by a factor over the whole stretch or its last third. */
export interface Injection {
  where: 'whole' | 'late';
  factor: number;
}

export const injections: readonly Injection[] = (['whole', 'late'] as const).flatMap((where) =>
  [1.5, 2, 5].map((factor) => ({ where, factor })),
);

/** The first point that an injection changes. */
export function onsetOf({ where }: Injection, length: number): number {
  return where === 'whole' ? 0 : length - Math.floor(length / 3);
}

export function inject(candidate: readonly number[], injection: Injection): number[] {
  const onset = onsetOf(injection, candidate.length);
  return candidate.map((value, i) => (i < onset ? value : value * injection.factor));
}
