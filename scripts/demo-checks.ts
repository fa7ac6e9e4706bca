/**
 * `npm run demo:checks`: the good shop goes live, and every fault of `examples/faulty` is released once under
 * traffic, to show which check keeps it from users. `-- --only FAULT` releases that one, `-- --runs N` the good
 * shop N times to count false alarms, `-- --json` prints one JSON document and nothing else, and
 * `-- --build FOLDER [--only FAULT]` only builds a version. Exits with 1 when a fault is missed or caught by
 * another check than the one for it, when a user saw it, or when the good shop fails a check.
 */
import path from 'node:path';
import process from 'node:process';
import { type Arguments, readArguments, UsageError } from './demo-checks/arguments.ts';
import { buildVersion } from './demo-checks/build.ts';
import { type Closing, createClosing } from './demo-checks/closing.ts';
import { chooseFaults, readFaults } from './demo-checks/faults.ts';
import { perform } from './demo-checks/perform.ts';
import { openStage } from './demo-checks/stage.ts';

async function main(args: Arguments): Promise<void> {
  const faults = chooseFaults(readFaults(), args.only);
  if (args.build !== null) return await build(args.build, args.only[0] ?? null);
  const closing = createClosing();
  const isEnding = endWithSignals(closing);
  try {
    const stage = await openStage(args, closing);
    const report = await perform(stage, args, faults);
    if (args.isJson) console.log(JSON.stringify(report, null, 2));
    process.exitCode = report.isAsExpected ? 0 : 1;
  } catch (error) {
    // Whatever breaks because we are leaving is no news.
    if (!isEnding()) throw error;
  } finally {
    await closing.close();
  }
}

async function build(folder: string, overlay: string | null): Promise<void> {
  await buildVersion(overlay, path.resolve(folder));
  console.log(`node ${path.join(folder, 'server.mjs')}`);
}

/**
 * One Ctrl-C may arrive twice: from the terminal, and passed on by whoever started us. The answer says
 * whether one has come.
 */
function endWithSignals(closing: Closing): () => boolean {
  let isEnding = false;
  const endWith = (code: number) => () => {
    if (!isEnding) void closing.close().then(() => process.exit(code));
    isEnding = true;
  };
  process.on('SIGINT', endWith(130));
  process.on('SIGTERM', endWith(143));
  return () => isEnding;
}

try {
  await main(readArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
