import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createApiClient } from '../../cli/api-client.ts';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import type { Workplace } from '../../scripts/demo/storefront.ts';
import { documentedFetch } from './api-document.ts';

const root = path.join(import.meta.dirname, '../..');

/** A finished command. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a script of the project with this Node.js until it ends. */
export async function runScript(
  script: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Finished> {
  const child = spawnScript(script, args, options);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (output.stdout += chunk));
  child.stderr?.on('data', (chunk) => (output.stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

function spawnScript(
  script: string,
  args: string[],
  { cwd = root, env = {} }: { cwd?: string; env?: Record<string, string> },
): ChildProcess {
  return spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(root, script), ...args],
    { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

/** `verdigris up` in a process of its own. */
export interface RunningConductor {
  api: ReturnType<typeof createApiClient>;
  url: string;
  token: string;
  /** As `kill -9` does: nothing is tidied up. */
  kill(): Promise<void>;
  /** Ctrl-C, and the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `verdigris up` and waits until it answers. @throws Error with its output when it ends first. */
export async function startConductor({
  directory,
  configPath,
}: Pick<Workplace, 'directory' | 'configPath'>): Promise<RunningConductor> {
  const child = spawnScript('cli/main.ts', ['up', '--config', configPath], { cwd: directory });
  const ended = once(child, 'exit');
  const url = await announcedUrl(child);
  const token = readFileSync(path.join(directory, '.verdigris/token'), 'utf8').trim();
  const api = createApiClient({
    url,
    token: { token, source: 'test' },
    actor: 'test',
    fetch: documentedFetch,
  });
  return {
    api,
    url,
    token,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGINT');
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

function announcedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk;
      const url = /verdigris is up\s+(http:\/\/\S+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`up ended with ${code}: ${output}`)));
  });
}

/** Looks until the release is as wanted. Vitest's own time-out ends what never comes. */
export async function releaseIs(
  { api }: Pick<RunningConductor, 'api'>,
  releaseId: string,
  isThere: (status: ReleaseStatus) => boolean,
): Promise<ReleaseStatus> {
  for (;;) {
    const status = await api.release(releaseId);
    if (isThere(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
