/**
 * `npm run bench`: the budgets of the design, measured on this machine. Prints a table, or one JSON
 * document with `--json`, and keeps the JSON in `.verdigris-bench/latest.json`. `--only row,row`
 * chooses rows, `--cloud` those of the emulated cloud; `--quick` is for seeing that everything works. Exits with 1 when something could not
 * be measured or requests failed; a missed budget is a figure, not a failure. See docs/benchmarks.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { renderTable } from '../cli/table.ts';
import { messageOf } from '../lib/release/errors.ts';
import { type BenchArguments, parseArguments } from './bench/arguments.ts';
import { measureBundles } from './bench/bundle.ts';
import { measureCloudCost } from './bench/cloud-cost.ts';
import { measureCloudRollback } from './bench/cloud-rollback.ts';
import { measureDoors } from './bench/doors.ts';
import { measureMemory } from './bench/memory.ts';
import { outputDirectory } from './bench/output.ts';
import { measureFlips, measureProxy } from './bench/proxy.ts';
import { measureConductor, measureRollback } from './bench/releases.ts';
import { type BenchReport, cellsOf, describeMachine, exitCodeOf } from './bench/report.ts';
import type { Measure, Row, RowName } from './bench/row.ts';
import { measureTransitions } from './bench/transitions.ts';

const measures: Record<RowName, Measure> = {
  transitions: measureTransitions,
  bundle: measureBundles,
  memory: measureMemory,
  proxy: measureProxy,
  flips: measureFlips,
  conductor: measureConductor,
  rollback: measureRollback,
  doors: measureDoors,
  'cloud-rollback': measureCloudRollback,
  'cloud-cost': measureCloudCost,
};

/** One row after the other: they would disturb each other. */
async function measureAll({ only, isQuick }: BenchArguments): Promise<Row[]> {
  const rows: Row[] = [];
  for (const row of only) {
    console.error(`measuring ${row} …`);
    rows.push(await measureRow(row, isQuick));
  }
  return rows;
}

async function measureRow(row: RowName, isQuick: boolean): Promise<Row> {
  try {
    return { row, status: 'measured', ...(await measures[row]({ isQuick })) };
  } catch (error) {
    return { row, status: 'failed', reason: messageOf(error) };
  }
}

async function main(args: BenchArguments): Promise<void> {
  const at = new Date().toISOString();
  const rows = await measureAll(args);
  const report: BenchReport = {
    schema: 1,
    at,
    isQuick: args.isQuick,
    machine: describeMachine(),
    rows,
  };
  const json = JSON.stringify(report, null, 2);
  mkdirSync(outputDirectory, { recursive: true });
  writeFileSync(join(outputDirectory, 'latest.json'), `${json}\n`);
  const table = renderTable([['what', 'measured', 'budget', 'met'], ...rows.map(cellsOf)]);
  console.log(args.isJson ? json : table.join('\n'));
  process.exitCode = exitCodeOf(rows);
}

// Ends by `exit`, so that whatever was started ends too.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  await main(parseArguments(process.argv.slice(2)));
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 2;
}
