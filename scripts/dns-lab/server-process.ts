import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from './programs.ts';

/** A DNS server in a process of its own. */
export interface ServerProcess {
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
// Whatever ends this process ends the servers.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const readyWithinMs = 20_000;

async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(kill);
}

/**
 * Starts a server and waits until `isReady` says so.
 * @throws Error with the last lines that it printed when it ends before, or is not ready in 20 seconds.
 */
export async function startServer(
  program: Program,
  args: string[],
  isReady: () => Promise<boolean>,
): Promise<ServerProcess> {
  const child = spawn(program.path, args, { env: program.env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  const collect = (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(-2000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.once('error', (error) => {
    output += error.message;
    running.delete(child);
  });
  child.once('exit', () => running.delete(child));
  const giveUpAt = Date.now() + readyWithinMs;
  while (!(await isReady().catch(() => false))) {
    if (!running.has(child) || Date.now() > giveUpAt) {
      await stop(child);
      throw new Error(`${program.path} did not get ready:\n${output}`);
    }
    await delay(50);
  }
  return { stop: () => stop(child) };
}
