import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildVersion } from '../../scripts/demo-checks/build.ts';
import { freePort } from '../../scripts/free-port.ts';

/** A version of the shop of `examples/faulty` that runs as a process of its own. */
export interface RunningShop {
  /** `http://127.0.0.1:port` */
  address: string;
  version: string;
  /** The name that it was given as VERDIGRIS_ENVIRONMENT. */
  environment: string;
  pid: number;
  /** What it has written so far. */
  output(): string;
  /** SIGTERM, and SIGKILL after five seconds; then its folder goes. Gives its exit code, null when killed. */
  stop(): Promise<number | null>;
}

const readyWithinMs = 15_000;
const stopWithinMs = 5_000;

/** What the shop is given unless the caller says otherwise. */
const defaults = { SESSION_SECRET: 'secret', PAYMENTS_KEY: 'key', PROBE_TOKEN: 'probe' };

/**
 * Builds a version into a temporary folder and starts it on a free port.
 *
 * @param fault - a folder of `examples/faulty`, or null for the good shop
 * @param env - over SESSION_SECRET `secret`, PAYMENTS_KEY `key` and PROBE_TOKEN `probe`, so that an empty
 *   text takes one away; VERDIGRIS_VERSION is the fault's name (or `good`) if absent
 * @throws Error with its output when it does not answer within 15 seconds
 */
export async function startShop(
  fault: string | null,
  env: Record<string, string> = {},
): Promise<RunningShop> {
  const port = await freePort();
  const version = env.VERDIGRIS_VERSION ?? fault ?? 'good';
  const environment = env.VERDIGRIS_ENVIRONMENT ?? `storefront-${version}`;
  const own = { VERDIGRIS_VERSION: version, VERDIGRIS_ENVIRONMENT: environment };
  const directory = await build(fault);
  const child = spawn(process.execPath, [path.join(directory, 'server.mjs')], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...defaults, ...own, ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const stop = async () => {
    const code = await end(child);
    process.off('exit', killAtExit);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    return code;
  };
  const address = `http://127.0.0.1:${port}`;
  try {
    await untilItAnswers(address, child);
  } catch (error) {
    await stop();
    throw new Error(`${version} does not start: ${output()}`, { cause: error });
  }
  return { address, version, environment, pid: child.pid ?? 0, output, stop };
}

async function build(fault: string | null): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-faulty-'));
  try {
    await buildVersion(fault, directory);
    return directory;
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

async function untilItAnswers(address: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await answers(address))) {
    if (isOver(child)) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    if (performance.now() > deadline) throw new Error('it gives no answer');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Any answer will do: what is wrong with a version is for checks to find. */
async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<number | null> {
  if (!isOver(child)) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await gone;
    clearTimeout(killer);
  }
  return child.exitCode;
}
