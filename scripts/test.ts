/**
 * `npm test`: formatting and lint, types, then every tier of the testing ladder that this machine
 * can run. Arguments go to vitest and select tests: `npm test -- test/unit/house`.
 *
 * Ends with one line for each tier and, alone on the last line, the sum: `N passed, N failed, N
 * skipped`. The exit code is 1 when anything failed. With CI=true a tier that cannot run is a failure.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { whyNoBrowser } from './browser/chromium.ts';
import { whyNoPython } from './cloud/python.ts';
import { whyNoPostgres } from './postgres/cluster.ts';
import { whyNoPrometheus } from './prometheus/program.ts';
import { type Count, type Report, readTiers, sum } from './test-report.ts';

const root = path.dirname(import.meta.dirname);

interface Tier {
  name: string;
  /** Why this machine cannot run it, or null. */
  missing: string | null;
}

const tiers: Tier[] = [
  { name: 'unit', missing: null },
  { name: 'contract', missing: null },
  { name: 'statemachine', missing: null },
  { name: 'template', missing: null },
  { name: 'cloud', missing: whyNoPython() },
  { name: 'browser', missing: isAskedFor('browser') ? whyNoBrowser() : null },
  {
    name: 'local',
    missing: process.platform === 'win32' ? 'needs POSIX signals, which Windows lacks' : null,
  },
];

/** What tests of several tiers need; without it they are skipped. It is fetched before they run side by side. */
const needs: Tier[] = [
  {
    name: 'postgresql',
    missing: ['postgres', 'database', 'checks'].some(isAskedFor) ? whyNoPostgres() : null,
  },
  { name: 'prometheus', missing: isAskedFor('prometheus') ? whyNoPrometheus() : null },
];

/** Whether these tests are to run: what one of them needs is not fetched for the others. */
function isAskedFor(part: string): boolean {
  const [, , ...selected] = process.argv;
  return selected.length === 0 || selected.some((it) => it.includes(part));
}

/** Runs a tool of node_modules/.bin with our output as its own; resolves to its exit code. */
function run(tool: string, args: string[]): Promise<number> {
  const child = spawn(path.join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function check(tool: string, args: string[]): Promise<Count> {
  const isGood = (await run(tool, args)) === 0;
  return { name: tool, passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 };
}

/** Runs vitest on these projects and counts per tier what it reports. */
async function runVitest(projects: string[], args: string[]): Promise<Count[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-test-'));
  const file = path.join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const chosen = projects.flatMap((name) => ['--project', name]);
    const code = await run('vitest', ['run', ...reporters, ...chosen, ...args]);
    const report: Report = existsSync(file)
      ? JSON.parse(readFileSync(file, 'utf8'))
      : { testResults: [] };
    const counts = readTiers(report, path.join(root, 'test'), code);
    return counts.toSorted((a, b) => projects.indexOf(a.name) - projects.indexOf(b.name));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function hasTests({ name }: Tier): boolean {
  return globSync(`test/${name}/**/*.test.ts`, { cwd: root }).length > 0;
}

function report(counts: Count[]): void {
  console.log('');
  for (const { name, passed, failed, skipped } of counts) {
    console.log(`${name.padEnd(14)}${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}

async function main(args: string[]): Promise<void> {
  const isCi = process.env.CI === 'true';
  const known = tiers.filter(hasTests);
  const runnable = known.filter((tier) => tier.missing === null);
  const absent = [...known, ...needs].filter(({ missing }) => missing !== null);
  const isWhole = args.length === 0;
  const checks = isWhole ? [await check('biome', ['check']), await check('tsc', ['-p', '.'])] : [];
  const names = runnable.map((tier) => tier.name);
  const counts = [...checks, ...(await runVitest(names, args))];
  report(counts);
  for (const { name, missing } of absent) {
    console.log(`${name.padEnd(14)}skipped: ${missing}${isCi ? ' (a failure, as CI=true)' : ''}`);
  }
  const total = sum(counts);
  const failed = total.failed + (isCi ? absent.length : 0);
  const skipped = total.skipped + (isCi ? 0 : absent.length);
  console.log(`\n${total.passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await main(process.argv.slice(2));
