import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const script = path.join(import.meta.dirname, 'keep.sh');

/** A server of somebody else's that runs for as long as we do. */
export interface KeptServer {
  keeper: ChildProcess;
  /** The end of what it wrote to its error output. */
  said(): string;
}

/** How to start one. */
export interface KeptServerOptions {
  /** Its own, where it starts: removed when it has ended. */
  directory: string;
  command: readonly string[];
  env: NodeJS.ProcessEnv;
  /** As whom; as ourselves if null. */
  owner?: { uid: number; gid: number } | null;
}

/** Starts a server that ends with this process, however that ends, and leaves nothing behind. */
export function launchKept({ directory, command, env, owner }: KeptServerOptions): KeptServer {
  // The script is given by its text: the server's user may not be able to read this checkout.
  const text = readFileSync(script, 'utf8');
  const child = spawn('/bin/sh', ['-c', text, 'keep.sh', directory, ...command], {
    env,
    cwd: directory,
    ...owner,
    // Ctrl-C is for us: we end the server when we no longer need it.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-4000);
  });
  return { keeper: child, said: () => log.trim() };
}

/** Whether it has ended. */
export function isOver({ keeper: { exitCode, signalCode } }: KeptServer): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The keeper ends the server and removes its folder when nobody holds its input any more. */
export async function endKept(server: KeptServer): Promise<void> {
  if (isOver(server)) return;
  const gone = once(server.keeper, 'exit');
  server.keeper.stdin?.end();
  await gone;
}
