import { cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';
import type { Row } from './row.ts';

/** One run of the benchmark, as `--json` prints it and the file keeps it. */
export interface BenchReport {
  /** Version of this shape. */
  schema: 1;
  /** ISO 8601. */
  at: string;
  isQuick: boolean;
  machine: { os: string; cpu: string; cores: number; memoryGb: number; node: string };
  rows: Row[];
}

/** What the figures hold for. */
export function describeMachine(): BenchReport['machine'] {
  return {
    os: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** The cells of a row: what, measured, budget, met. */
export function cellsOf(row: Row): string[] {
  if (row.status === 'failed') return [row.row, 'not measured', '', `failed: ${row.reason}`];
  return [row.what, row.measured, row.budget, row.isMet ? 'yes' : 'no'];
}

/** 1 when something could not be measured or requests failed. A missed budget is no failure. */
export function exitCodeOf(rows: readonly Row[]): 0 | 1 {
  const isBad = (row: Row) => row.status === 'failed' || row.hasFailures === true;
  return rows.some(isBad) ? 1 : 0;
}
