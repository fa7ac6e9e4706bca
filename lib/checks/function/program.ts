import { type ChildProcess, spawn } from 'node:child_process';
import type { Timers } from '../../release/clock.ts';

/** A program to run once. */
export interface Program {
  /** The program and its words. `node` is the one that runs this. */
  words: readonly string[];
  /** Absolute. */
  directory: string;
  /** On top of what the conductor was given, without what was said to the conductor itself. */
  variables: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  input: string;
  /** Ends it, and all that it has started. */
  abort: AbortSignal;
  timers: Timers;
}

/** How it ended. */
export interface ProgramEnd {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: string | null;
  /** The first of its output. */
  output: string;
  isCut: boolean;
  /** The last of its errors. */
  errors: string;
}

/** For so long its output is read on once it has ended: what has left its group may hold it open. */
const readOnMs = 200;
/** Of the output, so much is kept. */
export const mostOutput = 64 * 1024;
/** Of the errors, so much, from the end. */
const mostErrors = 4096;

/**
 * Runs a program in a group of its own, which ends with it: at the latest when its time is up.
 * @throws Error when it can't be started.
 */
export async function runProgram(program: Program): Promise<ProgramEnd> {
  const { abort, input, timers } = program;
  const child = start(program);
  const { output, errors } = collect(child);
  const ended = endOf(child, timers);
  const stop = () => killGroup(child);
  abort.addEventListener('abort', stop, { once: true });
  if (abort.aborted) stop();
  try {
    child.stdin?.end(input);
    const { exitCode, signal } = await ended;
    const text = output();
    return { exitCode, signal, ...text, errors: errors() };
  } finally {
    abort.removeEventListener('abort', stop);
  }
}

function start({ words, directory, variables }: Program): ChildProcess {
  const [program = '', ...rest] = words;
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VERDIGRIS_'));
  return spawn(program === 'node' ? process.execPath : program, rest, {
    cwd: directory,
    env: { ...Object.fromEntries(inherited), ...variables },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

function collect({ stdout, stderr, stdin }: ChildProcess) {
  let output = '';
  let isCut = false;
  let errors = '';
  stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    isCut ||= output.length + chunk.length > mostOutput;
    output = (output + chunk).slice(0, mostOutput);
  });
  stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-mostErrors);
  });
  for (const pipe of [stdout, stderr]) pipe?.on('error', () => {});
  // A program need not read what it is given.
  stdin?.on('error', () => {});
  return { output: () => ({ output, isCut }), errors: () => errors };
}

/** What it has started goes with it, so that its pipes close, too: at the latest a moment later. */
function endOf(
  child: ChildProcess,
  timers: Timers,
): Promise<Pick<ProgramEnd, 'exitCode' | 'signal'>> {
  const { promise, resolve, reject } =
    Promise.withResolvers<Pick<ProgramEnd, 'exitCode' | 'signal'>>();
  let cancel = () => {};
  child.on('error', reject);
  child.once('exit', (exitCode, signal) => {
    killGroup(child);
    cancel = timers.after(readOnMs, () => {
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
      resolve({ exitCode, signal });
    });
  });
  child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  return promise.finally(() => cancel());
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already, which is what this is for.
  }
}
