import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { pythonTool, whyNoPython } from './python.ts';

/** A running emulator of AWS on loopback. */
export interface Emulator {
  /** Endpoint for the SDK: an IP address, so that it asks S3 path-style. */
  url: string;
  /** File with what it printed. */
  logFile: string;
  stop(): Promise<void>;
}

/** What every client of an emulator is made with. The credentials are made up, the region is too. */
export function clientConfig(url: string) {
  return {
    endpoint: url,
    region: emulatedRegion,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}

/** Region and account of the emulated cloud. */
export const emulatedRegion = 'us-east-1';
export const emulatedAccount = '000000000000';

const startLimitMs = 60_000;

/** How MiniStack is started. */
export interface MinistackOptions {
  /** A free one if absent. */
  port?: number | undefined;
  /** Where its functions find AWS, for whoever wants to listen in between; itself if absent. */
  functionsSee?: string | undefined;
  /** Wait states and pauses before a retry last so much of their time; all of it if absent. */
  waitScale?: number | undefined;
}

/** Starts MiniStack. @throws Error that says what is missing, or its log. */
export async function startMinistack({
  port,
  functionsSee,
  waitScale = 1,
}: MinistackOptions = {}): Promise<Emulator> {
  const chosen = port ?? (await freePort());
  await throwIfTaken(chosen);
  const args = ['-m', 'uvicorn', 'ministack.app:app', '--host', '127.0.0.1'];
  const options = ['--port', String(chosen), '--no-access-log', '--timeout-keep-alive', '75'];
  return start('ministack', pythonTool('python'), [...args, ...options], chosen, {
    GATEWAY_PORT: String(chosen),
    IOT_MTLS_ENABLED: '0',
    // Roles count: a function may do what its role allows, as on AWS.
    AUTH: 'true',
    SFN_WAIT_SCALE: String(waitScale),
    ...(functionsSee !== undefined && { AWS_ENDPOINT_URL: functionsSee }),
    // Its Lambda functions run on the first `node` of the PATH: the one that runs us.
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`,
  });
}

/** Starts moto on this port, or a free one: a second control plane. @throws as `startMinistack` */
export async function startMoto(port?: number): Promise<Emulator> {
  const chosen = port ?? (await freePort());
  const args = ['-H', '127.0.0.1', '-p', String(chosen)];
  return start('moto', pythonTool('moto_server'), args, chosen, {});
}

async function start(
  name: string,
  command: string,
  args: string[],
  port: number,
  env: Record<string, string>,
): Promise<Emulator> {
  const missing = whyNoPython();
  if (missing) throw new Error(`the emulated cloud cannot run here: ${missing}`);
  const directory = mkdtempSync(path.join(tmpdir(), `verdigris-${name}-`));
  const logFile = path.join(directory, 'log');
  const child = spawn(command, args, {
    // A group of its own: its functions run as its children, and all end together.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutAws(process.env), TMPDIR: directory, ...env },
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  }).then(() => {
    isGone = true;
  });
  const stop = async () => {
    process.off('exit', endNow);
    end(child, 'SIGTERM');
    const isInTime = await Promise.race([gone.then(() => true), delay(5000, false)]);
    if (!isInTime) end(child, 'SIGKILL');
    await gone;
    end(child, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  const endNow = () => end(child, 'SIGKILL');
  process.once('exit', endNow);
  const url = `http://127.0.0.1:${port}`;
  if (await answers(url, () => isGone)) return { url, logFile, stop };
  const hint = `${name} did not start on port ${port}; its log is ${logFile}`;
  end(child, 'SIGKILL');
  throw new Error(hint);
}

/** Whatever answers there would be taken for ours. */
async function throwIfTaken(port: number): Promise<void> {
  const isTaken = await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
  if (isTaken) throw new Error(`port ${port} is in use; choose another one with --port`);
}

/** A user's own AWS settings must not reach an emulator, nor the other way round. */
function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));
}

/** Whether it takes requests before it ends or its time is up. */
async function answers(url: string, isGone: () => boolean): Promise<boolean> {
  const deadline = performance.now() + startLimitMs;
  while (!isGone() && performance.now() < deadline) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(2000) });
      return true;
    } catch {
      await delay(100);
    }
  }
  return false;
}

/** Ends a process and everything that it started. */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal);
  }
}
