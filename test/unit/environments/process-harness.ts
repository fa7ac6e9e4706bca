import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EnvironmentRecord, LaunchSpec } from '../../../lib/environments/process/record.ts';
import {
  createProcessSupervisor,
  type ProcessSupervisor,
} from '../../../lib/environments/process/supervisor.ts';
import type { Artifact } from '../../../lib/release/artifact.ts';
import type { Clock, Ids, Timers } from '../../../lib/release/clock.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { type Logger, silentLogger } from '../../../lib/release/logger.ts';

export const realClock: Clock = { now: () => Date.now() };

export const realTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const realIds: Ids = { next: () => randomBytes(8).toString('hex') };

/** A server that is healthy at once and answers SIGTERM. */
export const goodServer = `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  response.end(JSON.stringify({
    version: process.env.VERDIGRIS_VERSION,
    environment: process.env.VERDIGRIS_ENVIRONMENT,
    service: process.env.VERDIGRIS_SERVICE,
    colour: process.env.COLOUR,
    token: process.env.VERDIGRIS_TOKEN,
    url: request.url,
  }));
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
process.on('SIGTERM', () => { server.close(); server.closeAllConnections(); });
`;

export const quickSpec: LaunchSpec = {
  command: ['node', 'server.mjs'],
  healthPath: '/healthz',
  readyWithinSeconds: 20,
  stopWithinSeconds: 5,
  env: {},
  workingDirectory: '',
};

/** A folder of its own for one test file, with apps in it and supervisors over it. */
export interface Workshop {
  directory: string;
  /** Writes files into `artifacts/<name>/` and gives its path. */
  app(name: string, files?: Record<string, string>): Promise<string>;
  /** A supervisor over `<directory>/state/<name>`; ended by `close`. */
  supervisor(
    name: string,
    options?: { log?: Logger; clock?: Clock; timers?: Timers; inheritedEnv?: NodeJS.ProcessEnv },
  ): ProcessSupervisor;
  /** The record as it is on disk. */
  recordOf(name: string, id: string): EnvironmentRecord;
  /** The files that an environment keeps. */
  home(name: string, id: string): string;
  close(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'verdigris-test-')));
  const supervisors: ProcessSupervisor[] = [];
  const home = (name: string, id: string) => join(directory, 'state', name, 'environments', id);
  return {
    directory,
    home,
    async app(name, files = { 'server.mjs': goodServer }) {
      const root = join(directory, 'artifacts', name);
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), content);
      }
      return root;
    },
    supervisor(name, options = {}) {
      const supervisor = createProcessSupervisor({
        directory: join(directory, 'state', name),
        baseDirectory: join(directory, 'artifacts'),
        clock: options.clock ?? realClock,
        timers: options.timers ?? realTimers,
        ids: realIds,
        log: options.log ?? silentLogger,
        ...(options.inheritedEnv ? { inheritedEnv: options.inheritedEnv } : {}),
      });
      supervisors.push(supervisor);
      return supervisor;
    },
    recordOf: (name, id) =>
      JSON.parse(readFileSync(join(home(name, id), 'environment.json'), 'utf8')),
    async close() {
      await Promise.all(supervisors.map((supervisor) => supervisor.stopAll()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits for a condition to hold, and fails with what it last said when it does not in time. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  isMet: (value: T) => boolean,
  limitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await look();
    if (isMet(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`${what} did not happen; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Provisions and waits until the environment has made up its mind. */
export async function settle(
  supervisor: ProcessSupervisor,
  artifact: Artifact,
  spec: LaunchSpec = quickSpec,
  releaseId = 'release-1',
): Promise<{ ref: EnvironmentRef; state: string; reason: string }> {
  const request = { service: 'shop', artifact, releaseId, spec };
  const first = await supervisor.provision(request);
  const status = await eventually(
    `${first.id} settling`,
    async () => supervisor.status(await supervisor.provision(request)),
    ({ state }) => state !== 'pending',
  );
  return { ref: await supervisor.provision(request), state: status.state, reason: status.reason };
}

export async function retired(supervisor: ProcessSupervisor, id: string): Promise<void> {
  await eventually(
    `${id} retiring`,
    () => supervisor.retire(id),
    (state) => state === 'retired',
  );
}

/** Whether a process, or one of its threads, still runs; one that only waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return readdirSync(`/proc/${pid}/task`).some((task) => isThreadRunning(pid, task));
  } catch {
    return false;
  }
}

function isThreadRunning(pid: number, task: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
