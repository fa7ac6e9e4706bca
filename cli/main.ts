#!/usr/bin/env node
import { userInfo } from 'node:os';
import { scheduler } from 'node:timers/promises';
import packageFacts from '../package.json' with { type: 'json' };
import type { Io, LocalPlatform } from './io.ts';
import { openInBrowser } from './open-in-browser.ts';
import { run } from './program.ts';

/** Where the environment does not name the user, as in containers, the system may. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  isTTY: process.stdout.isTTY === true,
  get columns() {
    return process.stdout.columns || 80;
  },
  env: { USER: userName(), ...process.env },
  cwd: process.cwd(),
  sleep: async (ms) => {
    await scheduler.wait(ms);
  },
  fetch: globalThis.fetch,
  // The AWS SDK's credentials are for those who ask for them.
  signingFetch: async () => {
    const { createSigningFetch } = await import('../lib/platform/aws-signature.ts');
    return createSigningFetch({ env: process.env, fetch: globalThis.fetch });
  },
  now: () => performance.timeOrigin + performance.now(),
  onStopSignal: (callback) => {
    process.on('SIGINT', callback);
    process.on('SIGTERM', callback);
  },
  openInBrowser,
  exitNow: (code) => process.exit(code),
};

/** Loaded when a command needs it: most only speak HTTP and should start fast. */
const local: LocalPlatform = {
  up: async (options) => (await import('../lib/platform/local.ts')).up(options),
  manifestJsonSchema: async () =>
    (await import('../lib/platform/manifest-schema.ts')).manifestJsonSchema(),
  validateManifest: async (source) =>
    (await import('../lib/platform/manifest-schema.ts')).validateManifest(source),
  judge: async (question) => (await import('../lib/platform/judge.ts')).judge(question),
};

// A reader that has seen enough, such as `| head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

// The platform's timers do not keep a process alive, so that it can end; a command under way does.
const ended = new AbortController();
scheduler.wait(2 ** 31 - 1, { signal: ended.signal }).catch(() => {});

process.exitCode = await run(process.argv.slice(2), io, local, packageFacts.version);
ended.abort();
