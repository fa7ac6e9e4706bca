import process from 'node:process';
import { scheduler } from 'node:timers/promises';
import type { Io } from '../../cli/io.ts';

/** The demo's own terminal, for the CLI's live view. The demo handles its own signals. */
export function terminal(): Io {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    isTTY: process.stdout.isTTY === true,
    get columns() {
      return process.stdout.columns ?? 100;
    },
    env: { ...process.env, VERDIGRIS_ACTOR: 'demo' },
    cwd: process.cwd(),
    sleep: async (ms) => {
      await scheduler.wait(ms);
    },
    fetch: globalThis.fetch,
    now: () => Date.now(),
    onStopSignal: () => {},
    openInBrowser: async () => false,
    exitNow: (code) => process.exit(code),
  };
}
