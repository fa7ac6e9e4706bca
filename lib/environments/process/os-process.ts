import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import type { EnvironmentRecord } from './record.ts';

/** What a process is started with. Directories and files are absolute. */
export interface Launch {
  record: EnvironmentRecord;
  port: number;
  workingDirectory: string;
  logFile: string;
  /** What the conductor itself was given; the environment's own variables come on top. */
  inherited: NodeJS.ProcessEnv;
}

/** Where the process before has put a pipe in the log's place, opening it is not waited for. */
const appending =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** A process that was started, and where its output begins in the log, in bytes. */
export interface Launched {
  child: ChildProcess;
  logOffset: number;
}

/**
 * Starts a process as the leader of its own group, so that all it starts can be stopped with it. It
 * writes straight to the log file: a pipe would break with the conductor and take it down.
 */
export function launch({ record, port, workingDirectory, logFile, inherited }: Launch): Launched {
  const [program = '', ...rest] = record.spec.command;
  const log = openSync(logFile, appending, 0o600);
  try {
    const logOffset = fstatSync(log).size;
    const child = spawn(program === 'node' ? process.execPath : program, rest, {
      cwd: workingDirectory,
      env: { ...ownVariables(inherited), ...record.spec.env, ...verdigrisVariables(record, port) },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    return { child, logOffset };
  } finally {
    closeSync(log);
  }
}

/** Everything but what the conductor was told itself, its token for instance. */
function ownVariables(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(inherited).filter(([name]) => !name.startsWith('VERDIGRIS_'));
  return Object.fromEntries(entries);
}

function verdigrisVariables(record: EnvironmentRecord, port: number): NodeJS.ProcessEnv {
  return {
    PORT: String(port),
    HOST: '127.0.0.1',
    VERDIGRIS_VERSION: record.version,
    VERDIGRIS_ENVIRONMENT: record.id,
    VERDIGRIS_SERVICE: record.service,
  };
}

/** Sends a signal to a whole process group. No effect when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already, which is what a signal of ours is for.
  }
}

/** Whether any process of the group still runs. */
export function isGroupAlive(pid: number): boolean {
  if (!answersSignalZero(-pid)) return false;
  if (process.platform !== 'linux' || isAlive(pid)) return true;
  // Where nobody reaps orphans (a container without an init), ended processes answer for ever.
  return groupMembers(pid).length > 0;
}

/** Processes of a group that have not ended. Linux only. */
export function groupMembers(group: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isRunningMember(pid, group)).map(Number);
}

function isRunningMember(name: string, group: number): boolean {
  const stat = readStat(name);
  return stat !== null && stat.group === group && !stat.hasEnded;
}

/** What Linux says of a process: its state and its group. Null when it is not there. */
function readStat(pid: number | string): { hasEnded: boolean; group: number } | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The fields follow the name, which stands in brackets and may hold blanks and brackets itself.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const isOver = fields[0] === 'Z' || fields[0] === 'X';
    // Its other threads may end a little later, and hold its port until then.
    return { hasEnded: isOver && Number(fields[17]) <= 1, group: Number(fields[2]) };
  } catch {
    return null;
  }
}

/** Whether the process runs; one that has ended and waits for its parent to notice does not. */
export function isAlive(pid: number): boolean {
  if (!answersSignalZero(pid)) return false;
  return process.platform !== 'linux' || readStat(pid)?.hasEnded === false;
}

function answersSignalZero(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether this process is that environment, and not another one that got its number. It knows by the
 * variable that every environment is started with, so a program that overwrites its own variables is
 * not recognised.
 */
export function isEnvironmentProcess(pid: number, id: string): boolean {
  return isAlive(pid) && readVariables(pid).includes(markerOf(id));
}

/**
 * The process that was started as that environment on that port, by any conductor, and leads its
 * group; null when none runs.
 */
export function findEnvironmentProcess(id: string, port: number): number | null {
  const isWanted = (pid: number) => {
    const variables = readVariables(pid);
    return variables.includes(markerOf(id)) && variables.includes(`PORT=${port}`);
  };
  return groupLeaders().find((pid) => isAlive(pid) && isWanted(pid)) ?? null;
}

function markerOf(id: string): string {
  return `VERDIGRIS_ENVIRONMENT=${id}`;
}

/** Variables of a process as `NAME=value`, among other words outside Linux; none when it is not ours. */
function readVariables(pid: number): string[] {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return ps(['eww', '-o', 'command=', '-p', String(pid)]).split(/\s+/);
  } catch {
    return [];
  }
}

/** Every process that leads a group, as all that {@link launch} starts do. */
function groupLeaders(): number[] {
  if (process.platform === 'linux') {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.filter((pid) => readStat(pid)?.group === Number(pid)).map(Number);
  }
  const rows = ps(['-ax', '-o', 'pid=,pgid=']).split('\n');
  return rows.flatMap((row) => {
    const [pid, group] = row.trim().split(/\s+/).map(Number);
    return pid !== undefined && pid === group ? [pid] : [];
  });
}

function ps(args: string[]): string {
  return execFileSync('ps', args, { encoding: 'utf8' });
}

/** Resident memory of a process in bytes, or null where it cannot be told. */
export function memoryBytes(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) * 1024 : null;
  } catch {
    return null;
  }
}
