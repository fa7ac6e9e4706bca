import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type EnvironmentRecord, readRecord } from '../../../lib/environments/process/record.ts';

/** A process that is, or was, an environment of this workplace. */
export interface EnvironmentProcess {
  pid: number;
  environmentId: string;
}

const marker = 'VERDIGRIS_ENVIRONMENT=';

/**
 * Every process that runs below that directory as an environment, whether or not a conductor knows
 * it. Needs Linux's /proc.
 */
export function findProcesses(directory: string): EnvironmentProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const environmentId = /^\d+$/.test(name) ? environmentOf(name, directory) : undefined;
    return environmentId === undefined ? [] : [{ pid: Number(name), environmentId }];
  });
}

function environmentOf(pid: string, directory: string): string | undefined {
  try {
    if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(directory)) return undefined;
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((it) => it.startsWith(marker))?.slice(marker.length);
  } catch {
    // It ended meanwhile, or is somebody else's.
    return undefined;
  }
}

/** What the conductor has on record of the environments that it keeps. */
export function readEnvironments(dataDirectory: string): EnvironmentRecord[] {
  const home = join(dataDirectory, 'environments');
  return readdirSync(home).flatMap((id) => readRecord(join(home, id, 'environment.json')) ?? []);
}

/** What does not fit between processes and records: one process for each that is kept, no other. */
export function compareProcesses(
  processes: readonly EnvironmentProcess[],
  records: readonly EnvironmentRecord[],
): string[] {
  const isOver = ({ state }: EnvironmentRecord) => state === 'retired' || state === 'failed';
  const kept = records.filter((it) => !isOver(it));
  const live = kept.filter(({ state }) => state === 'live');
  const between = kept.filter(({ state }) => state !== 'live');
  const strays = processes.filter(
    ({ pid, environmentId }) => !kept.some((one) => one.id === environmentId && one.pid === pid),
  );
  const missing = live.filter(({ pid }) => !processes.some((one) => one.pid === pid));
  return [
    ...strays.map(
      (it) => `process ${it.pid} of ${it.environmentId} runs and is on nobody's record`,
    ),
    ...missing.map(({ id, pid }) => `${id} is kept, and its process ${pid} does not run`),
    ...between.map(({ id, state, reason }) => `${id} is still ${state}: ${reason}`),
  ];
}

/** Ends every process of that directory. For the end of a run, whatever became of it. */
export function endProcesses(directory: string): void {
  for (const { pid } of findProcesses(directory)) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
