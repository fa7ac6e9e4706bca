/**
 * `npm run bench:judge -- --data DIR`: how the judge does on real noise, beside two references, and on
 * counts. Prints tables, or one JSON document with `--json`, and keeps the JSON in
 * `.verdigris-bench/judge.json`. DIR holds series (`*.csv` with `timestamp,value`) and `windows.json`
 * with the stretches to stay out of; without it only counts are measured. `--releases N` (300) drawn per
 * cell, `--seed S` (1). Exits with 2 when the arguments are wrong, 1 when the data cannot be read. See
 * docs/judge.md; `node scripts/judge/draw.ts` draws its plots.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { type JudgeArguments, parseArguments } from './judge/arguments.ts';
import { measureCounts } from './judge/counts.ts';
import { measureNoise } from './judge/noise.ts';
import { readSeries } from './judge/pairs.ts';
import { type JudgeReport, renderReport } from './judge/report.ts';
import { outputDirectory } from './output.ts';
import { describeMachine } from './report.ts';

function readArguments(): JudgeArguments | null {
  try {
    return parseArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${messageOf(error)}`);
    return null;
  }
}

function measure({ data, releases, seed }: JudgeArguments): JudgeReport {
  const at = new Date();
  const noise = data === null ? null : measureNoise(readSeries(data), seed);
  const counts = measureCounts(releases, seed);
  return {
    schema: 1,
    at: at.toISOString(),
    seconds: Math.round((Date.now() - at.getTime()) / 1000),
    seed,
    machine: describeMachine(),
    noise,
    counts,
  };
}

function main(args: JudgeArguments): void {
  console.error('measuring the judge; a minute or two …');
  const report = measure(args);
  const json = JSON.stringify(report, null, 2);
  mkdirSync(outputDirectory, { recursive: true });
  writeFileSync(join(outputDirectory, 'judge.json'), `${json}\n`);
  console.log(args.isJson ? json : renderReport(report).join('\n'));
}

const args = readArguments();
try {
  if (args) main(args);
  else process.exitCode = 2;
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 1;
}
