/**
 * `npm run bench:kill`: the local conductor is killed with SIGKILL at drawn moments of releases under
 * traffic, started again on the same data folder, and looked at: all traffic on the one right and
 * healthy side, no request failed by the conductor, the ledger whole, nothing left over. Prints a
 * table, or one JSON document with `--json`. `--kills N` (200), `--seed S`. Exits with 1 when anything
 * was not as it should be, 2 when the arguments are wrong. See docs/reliability.md.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { type KillArguments, parseArguments } from './kill/arguments.ts';
import { renderReport } from './kill/report.ts';
import { run } from './kill/run.ts';
import { outputDirectory } from './output.ts';

function readArguments(): KillArguments | null {
  try {
    return parseArguments(process.argv.slice(2), () => randomInt(2 ** 31));
  } catch (error) {
    console.error(`error: ${messageOf(error)}`);
    return null;
  }
}

async function main({ kills, seed, isJson }: KillArguments): Promise<void> {
  console.error(`killing the conductor ${kills} times, seed ${seed} …`);
  const report = await run({
    kills,
    seed,
    onProgress(done, violations) {
      if (done % 10 === 0) console.error(`${done} of ${kills}, ${violations} violations`);
    },
  });
  const json = JSON.stringify(report, null, 2);
  mkdirSync(outputDirectory, { recursive: true });
  writeFileSync(join(outputDirectory, 'kill.json'), `${json}\n`);
  console.log(isJson ? json : renderReport(report).join('\n'));
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}

// Ends by `exit`, so that whatever was started ends too.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const args = readArguments();
if (args) await main(args);
else process.exitCode = 2;
