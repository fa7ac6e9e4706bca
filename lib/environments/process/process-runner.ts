import type { Clock, Timers } from '../../release/clock.ts';
import { isAlive, type Launch, launch, signalGroup } from './os-process.ts';
import { stopGroup } from './stop-group.ts';

/** An adopted process has no exit event: its conductor was another one. */
const adoptedLookMs = 500;

/** What a runner needs, and whom it tells. */
export interface RunnerDeps {
  clock: Clock;
  timers: Timers;
  /** Called once per process, when it has ended for whatever reason: "exited with code 1". */
  onEnd(how: string): void;
}

/** At most one operating system process at a time, with all that it starts itself. */
export interface ProcessRunner {
  readonly isRunning: boolean;
  /** Null when none runs, or it could not even be started. */
  readonly pid: number | null;
  /** Counts the processes, so that an answer can be told to be of an earlier one. */
  readonly generation: number;
  /** Starts it and returns where its output begins in the log, in bytes. */
  start(options: Launch): number;
  /** Takes over a process that an earlier conductor started. */
  adopt(pid: number): void;
  /** Ends it and all that it started; resolves when they are gone. Never throws. */
  stop(stopWithinSeconds: number): Promise<void>;
}

/** A runner that runs nothing yet. */
export function createProcessRunner({ clock, timers, onEnd }: RunnerDeps): ProcessRunner {
  let running: { pid: number | null } | null = null;
  let generation = 0;
  let stopping: Promise<void> | null = null;
  let cancelLook = () => {};

  function begin(pid: number | null): { pid: number | null } {
    generation += 1;
    running = { pid };
    return running;
  }

  function end(which: { pid: number | null }, how: string): void {
    if (running !== which) return;
    running = null;
    // What is being stopped leaves its group the time to finish. Otherwise nothing may stay: it would
    // hold the port.
    if (which.pid !== null && !stopping) signalGroup(which.pid, 'SIGKILL');
    onEnd(how);
  }

  function lookAt(which: { pid: number }): void {
    if (running !== which) return;
    if (isAlive(which.pid)) cancelLook = timers.after(adoptedLookMs, () => lookAt(which));
    else end(which, 'ended (an earlier conductor started it, so its exit code is not known)');
  }

  async function stopRunning(which: { pid: number | null }, seconds: number): Promise<void> {
    if (which.pid !== null) await stopGroup(which.pid, seconds, { clock, timers });
    cancelLook();
    end(which, 'was stopped');
    stopping = null;
  }

  return {
    get isRunning() {
      return running !== null;
    },
    get pid() {
      return running?.pid ?? null;
    },
    get generation() {
      return generation;
    },
    start(options) {
      const { child, logOffset } = launch(options);
      const which = begin(child.pid ?? null);
      child.once('error', (error) => end(which, `could not be started: ${error.message}`));
      child.once('exit', (code, signal) =>
        end(which, code === null ? `was ended by ${signal}` : `exited with code ${code}`),
      );
      return logOffset;
    },
    adopt(pid) {
      const which = { pid };
      generation += 1;
      running = which;
      lookAt(which);
    },
    stop(stopWithinSeconds) {
      if (running) stopping ??= stopRunning(running, stopWithinSeconds);
      return stopping ?? Promise.resolve();
    },
  };
}
