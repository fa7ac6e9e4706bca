/**
 * `npm run bench:faults`: runs releases under drawn faults until a rule breaks. `--schedules N` (100,000),
 * `--seed S` (drawn and printed if absent), `--mutants`
 * to switch off one safeguard at a time, `--json`. Exits with 1 when a rule broke, or a mutant survived.
 * See docs/reliability.md.
 */
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { mutants } from '../../test/statemachine/faults/mutants.ts';
import type { SearchResult } from '../../test/statemachine/faults/search.ts';
import type { FaultsJob } from './faults/worker.ts';

interface Options {
  schedules: number;
  seed: number;
  isJson: boolean;
  isMutants: boolean;
}

/** A mutant that no schedule out of so many finds has survived. */
const mutantSchedules = 20_000;

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
    },
  });
  const schedules = values.schedules ?? String(values.mutants ? mutantSchedules : 100_000);
  return {
    schedules: wholeNumber('--schedules', schedules, 1),
    seed: wholeNumber('--seed', values.seed ?? String(randomInt(1_000_000_000)), 0),
    isJson: values.json,
    isMutants: values.mutants,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= 2_000_000_000) return value;
  throw new TypeError(`${name} ${text}: is not a whole number from ${least} on`);
}

/** Runs one job in a process of its own: a mutant must not meet what is loaded already. */
function run(job: FaultsJob): Promise<SearchResult & { story: string | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<
    SearchResult & { story: string | null }
  >();
  const child = fork(new URL('./faults/worker.ts', import.meta.url), [JSON.stringify(job)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  child.once('message', (result) => resolve(result as SearchResult & { story: string | null }));
  child.once('exit', (code) => reject(new Error(`a worker ended with ${code} and no result`)));
  child.once('error', reject);
  return promise;
}

/** Does jobs side by side, as many at once as there are cores. */
async function runAll<T>(jobs: (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = [...jobs.entries()];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return results;
}

/** Schedules in lots: each has a seed of its own, so that a long run can be repeated in part. */
async function benchRules({ schedules, seed, isJson }: Options): Promise<boolean> {
  const lot = 2_500;
  const sizes = Array.from({ length: Math.ceil(schedules / lot) }, (_, index) =>
    Math.min(lot, schedules - index * lot),
  );
  const begin = performance.now();
  const results = await runAll(
    sizes.map(
      (size, index) => () =>
        run({ schedules: size, seed: seed + index, isShrunk: true, mutant: null }),
    ),
  );
  const seconds = (performance.now() - begin) / 1000;
  const outcomes: Record<string, number> = {};
  for (const result of results) {
    for (const [name, count] of Object.entries(result.outcomes)) {
      outcomes[name] = (outcomes[name] ?? 0) + count;
    }
  }
  const stories = results.flatMap(({ story }) => (story ? [story] : []));
  const total = results.reduce((sum, it) => sum + it.schedules, 0);
  const report = { schedules: total, seed, violations: stories.length, outcomes, seconds, stories };
  if (isJson) console.log(JSON.stringify(report, null, 2));
  else {
    for (const story of stories) console.log(`${story}\n`);
    const told = Object.entries(outcomes).map(([name, count]) => `${count} ${name}`);
    console.log(`releases: ${told.join(', ')}`);
    console.log(
      `${total} schedules in ${seconds.toFixed(0)} s, seed ${seed}: ${stories.length} break a rule`,
    );
  }
  return stories.length === 0;
}

async function benchMutants({ schedules, seed, isJson }: Options): Promise<boolean> {
  const results = await runAll(
    mutants.map(({ name, without }) => async () => {
      const { finding } = await run({ schedules, seed, isShrunk: false, mutant: name });
      const rules = [...new Set(finding?.violations.map(({ rule }) => rule))];
      const caught = { name, without, caughtAfter: finding?.schedules ?? null, rules };
      if (!isJson) console.log(describeMutant(caught));
      return caught;
    }),
  );
  const survivors = results.filter(({ caughtAfter }) => caughtAfter === null);
  if (isJson) console.log(JSON.stringify({ seed, schedules, mutants: results }, null, 2));
  else
    console.log(`${results.length - survivors.length} of ${results.length} caught, seed ${seed}`);
  return survivors.length === 0;
}

function describeMutant(mutant: { name: string; caughtAfter: number | null; rules: number[] }) {
  const { name, caughtAfter, rules } = mutant;
  const how = caughtAfter === null ? 'SURVIVED' : `caught after ${caughtAfter}, rule ${rules}`;
  return `${name.padEnd(32)} ${how}`;
}

try {
  const options = readOptions();
  const isWell = await (options.isMutants ? benchMutants(options) : benchRules(options));
  process.exitCode = isWell ? 0 : 1;
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`bench:faults: ${error.message}`);
  process.exitCode = 2;
}
