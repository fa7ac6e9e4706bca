import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Io, LocalPlatform, Sink } from '../../cli/io.ts';
import { run } from '../../cli/program.ts';
import { judge } from '../../lib/platform/judge.ts';
import { validateManifest } from '../../lib/platform/manifest-schema.ts';
import { testToken } from './api-server.ts';
import { fixtureStart } from './fakes/operations.ts';

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'verdigris-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A command line whose output is kept, in an empty directory of its own, without waiting. */
export function createCommandLine(url: string, differs: Partial<Io> = {}) {
  const output = { stdout: '', stderr: '' };
  const waits: number[] = [];
  const stops: (() => void)[] = [];
  const exits: number[] = [];
  const opened: string[] = [];
  const io: Io = {
    stdout: sinkInto(output, 'stdout'),
    stderr: sinkInto(output, 'stderr'),
    isTTY: false,
    columns: 100,
    env: { VERDIGRIS_URL: url, VERDIGRIS_TOKEN: testToken, USER: 'ada' },
    cwd: temporaryDirectory(),
    sleep: async (ms) => void waits.push(ms),
    fetch: globalThis.fetch,
    now: () => Date.parse(fixtureStart) + 12_000,
    onStopSignal: (callback) => void stops.push(callback),
    openInBrowser: async (address) => {
      opened.push(address);
      return true;
    },
    exitNow: (code) => void exits.push(code),
    ...differs,
  };
  const local = createFakePlatform();
  const verdigris = (...args: string[]) => run(args, io, local, '0.0.0-test');
  /** Standard output, which must be one JSON document and nothing else. */
  const json = <T>() => JSON.parse(output.stdout) as T;
  const signal = () => {
    for (const stop of stops) stop();
  };
  return { verdigris, output, json, io, local, waits, exits, opened, signal };
}

function sinkInto<Name extends string>(output: Record<Name, string>, name: Name): Sink {
  return {
    write(text) {
      output[name] += text;
    },
  };
}

/** A local platform that only remembers. */
export interface FakePlatform extends LocalPlatform {
  started: string[];
  closed: number;
}

function createFakePlatform(): FakePlatform {
  const platform: FakePlatform = {
    started: [],
    closed: 0,
    async up({ configPath, write }) {
      platform.started.push(configPath);
      write('a notice');
      return {
        url: 'http://127.0.0.1:7420',
        token: testToken,
        services: { storefront: 'http://127.0.0.1:8080' },
        close: async () => {
          platform.closed += 1;
        },
      };
    },
    manifestJsonSchema: async () => ({ title: 'Verdigris manifest' }),
    validateManifest: async (source) => validateManifest(source),
    judge: async (question) => judge(question),
  };
  return platform;
}
