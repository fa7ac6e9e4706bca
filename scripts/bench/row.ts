import type { JsonObject } from '../../lib/release/json.ts';

/** The rows of the benchmark, in the order in which they run. */
export const rowNames = [
  'transitions',
  'bundle',
  'memory',
  'proxy',
  'flips',
  'conductor',
  'rollback',
  'doors',
  'cloud-rollback',
  'cloud-cost',
] as const;
export type RowName = (typeof rowNames)[number];

/** Rows that need the emulated cloud; they run when they are asked for. */
export const cloudRowNames: readonly RowName[] = ['cloud-rollback', 'cloud-cost'];

/** What a row measured. */
export interface Measurement {
  /** What was measured, in words. */
  what: string;
  /** The figure that the budget is about, with its unit. */
  measured: string;
  budget: string;
  isMet: boolean;
  /** Everything that was measured; units are in the names. */
  figures: JsonObject;
  /** Set when requests failed: the run then ends with 1. */
  hasFailures?: boolean;
}

/** A row of the result. */
export type Row =
  | ({ row: RowName; status: 'measured' } & Measurement)
  /** It was to be measured and could not be. */
  | { row: RowName; status: 'failed'; reason: string };

/** How thorough a run is. `isQuick` shows that everything works, with figures that are rough. */
export interface BenchOptions {
  isQuick: boolean;
}

/** Measures one row. @throws when it cannot be measured. */
export type Measure = (options: BenchOptions) => Promise<Measurement>;
