import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type ApiClient, createApiClient } from '../../../cli/api-client.ts';
import type { Workplace } from '../../demo/storefront.ts';

const cli = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
/** Nobody waits longer than this for a conductor to answer. */
const startLimitMs = 30_000;

/** `verdigris up` in a process of its own. */
export interface ConductorProcess {
  pid: number | undefined;
  /**
   * Its API, once it answers.
   * @throws Error with its last words when it ends first or does not answer within 30 s.
   */
  ready: Promise<ApiClient>;
  /** What it wrote to standard error. */
  words(): string;
  /** As `kill -9` does. Resolves when it is gone. */
  kill(): Promise<void>;
  /** As Ctrl-C does. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the conductor of a workplace. */
export function startConductor({ configPath, directory }: Workplace): ConductorProcess {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', cli, 'up', '--json', '--config', configPath],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const gone = once(child, 'close') as Promise<[number | null]>;
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  void gone.then(() => process.off('exit', end));
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    words += chunk;
  });
  const ready = announced(child, () => words).then((url) => clientOf(url, directory));
  // Who kills it does not wait for it to answer.
  ready.catch(() => {});
  return {
    pid: child.pid,
    ready,
    words: () => words,
    async kill() {
      end();
      await gone;
    },
    async stop() {
      child.kill('SIGINT');
      return (await gone)[0];
    },
  };
}

function announced(child: ChildProcess, words: () => string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const give = (how: string) => reject(new Error(`the conductor ${how}: ${words().trim()}`));
  const timer = setTimeout(() => give(`did not answer within ${startLimitMs} ms`), startLimitMs);
  let line = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    line += chunk;
    if (line.includes('\n')) resolve((JSON.parse(line) as { url: string }).url);
  });
  child.once('close', (code) => give(`ended with ${code} before it answered`));
  return promise.finally(() => clearTimeout(timer));
}

function clientOf(url: string, directory: string): ApiClient {
  const token = readFileSync(join(directory, '.verdigris/token'), 'utf8').trim();
  return createApiClient({ url, token: { token, source: 'bench' }, actor: 'bench', fetch });
}
