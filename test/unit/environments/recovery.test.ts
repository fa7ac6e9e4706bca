import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnvironmentRecord, environmentId } from '../../../lib/environments/process/record.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import {
  eventually,
  goodServer,
  isRunning,
  openWorkshop,
  retired,
  settle,
  type Workshop,
} from './process-harness.ts';

let workshop: Workshop;
const strays = new Set<number>();

beforeAll(async () => {
  workshop = await openWorkshop();
});

afterAll(async () => {
  for (const pid of strays) if (pid > 1 && isRunning(pid)) process.kill(-pid, 'SIGKILL');
  await workshop.close();
});

/** An environment whose conductor was killed with SIGKILL: it runs, and nobody looks after it. */
async function orphan(name: string, files?: Record<string, string>): Promise<EnvironmentRef> {
  const uri = await workshop.app(name, files);
  const directory = join(workshop.directory, 'state', name);
  await mkdir(directory, { recursive: true });
  const fixture = join(import.meta.dirname, 'conductor.fixture.ts');
  const conductor = spawn(process.execPath, [fixture, directory, uri], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ref = JSON.parse(await firstLine(conductor)) as EnvironmentRef;
  strays.add(Number(ref.attributes.pid));
  conductor.kill('SIGKILL');
  await once(conductor, 'exit');
  return ref;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the fixture has no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the fixture ended without a line');
}

async function kill(ref: EnvironmentRef): Promise<void> {
  const pid = Number(ref.attributes.pid);
  process.kill(-pid, 'SIGKILL');
  await eventually(
    'its end',
    () => isRunning(pid),
    (running) => !running,
  );
}

function edit(name: string, id: string, change: Partial<EnvironmentRecord>): void {
  const file = join(workshop.home(name, id), 'environment.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as EnvironmentRecord;
  writeFileSync(file, JSON.stringify({ ...record, ...change }));
}

describe('a conductor that was killed and is started again', () => {
  it('adopts an environment that still runs, without a restart', async () => {
    const ref = await orphan('adopted');
    const supervisor = workshop.supervisor('adopted');
    const [found] = await supervisor.recover();
    expect(found).toMatchObject({ state: 'live', restarts: 0, ref });
    expect((await supervisor.status(ref)).state).toBe('ready');
    expect(await supervisor.revive(ref.id)).toEqual(ref);
    expect(isRunning(Number(ref.attributes.pid))).toBe(true);
  });

  it('starts an adopted environment again when it dies, and can retire it', async () => {
    const ref = await orphan('adopted-dies');
    const supervisor = workshop.supervisor('adopted-dies');
    await supervisor.recover();
    await kill(ref);
    await eventually(
      'its restart',
      () => supervisor.list()[0]?.restarts,
      (count) => count === 1,
    );
    await eventually(
      'its health',
      () => supervisor.status(ref),
      ({ state }) => state === 'ready',
    );
    expect(supervisor.find(ref.id)?.ref.address).toBe(ref.address);
    await retired(supervisor, ref.id);
  });

  it('stops an adopted environment that is retired', async () => {
    const ref = await orphan('adopted-retired');
    const supervisor = workshop.supervisor('adopted-retired');
    await supervisor.recover();
    await retired(supervisor, ref.id);
    expect(isRunning(Number(ref.attributes.pid))).toBe(false);
  });

  it('finishes a retirement that it had begun', async () => {
    const ref = await orphan('half-retired');
    edit('half-retired', ref.id, { state: 'stopping' });
    const supervisor = workshop.supervisor('half-retired');
    await supervisor.recover();
    await eventually(
      'its end',
      () => workshop.recordOf('half-retired', ref.id).state,
      (state) => state === 'retired',
    );
    expect(isRunning(Number(ref.attributes.pid))).toBe(false);
  });

  it('finds a process again whose conductor was killed before it wrote down its number', async () => {
    const ref = await orphan('unwritten');
    edit('unwritten', ref.id, { state: 'starting', pid: null });
    const supervisor = workshop.supervisor('unwritten');

    const [found] = await supervisor.recover();

    expect(found?.ref.attributes.pid).toBe(ref.attributes.pid);
    await eventually(
      'its health',
      () => supervisor.status(ref),
      ({ state }) => state === 'ready',
    );
    await retired(supervisor, ref.id);
    expect(isRunning(Number(ref.attributes.pid))).toBe(false);
  });

  it('has an environment on record before its process is there', async () => {
    const uri = await workshop.app('recorded');
    const id = environmentId('shop', 'v1', 'release-1');
    let atStart: EnvironmentRecord | undefined;
    const inheritedEnv = Object.defineProperty({ ...process.env }, 'LOOK', {
      enumerable: true,
      // Variables are put together right before the process is started.
      get() {
        atStart ??= workshop.recordOf('recorded', id);
        return 'looked';
      },
    });
    const supervisor = workshop.supervisor('recorded', { inheritedEnv });

    const { ref, state } = await settle(supervisor, { uri, version: 'v1' });

    expect(state).toBe('ready');
    const port = Number(ref.attributes.port);
    expect(atStart).toMatchObject({ id, state: 'starting', pid: null, port });
  });

  it('does not take what runs on another port for its process', async () => {
    const ref = await orphan('elsewhere');
    const { port } = workshop.recordOf('elsewhere', ref.id);
    edit('elsewhere', ref.id, { state: 'starting', pid: null, port: port + 1 });

    const [found] = await workshop.supervisor('elsewhere').recover();

    expect(found).toMatchObject({ state: 'failed', ref: { attributes: { pid: '' } } });
    expect(isRunning(Number(ref.attributes.pid))).toBe(true);
  });

  it('takes a process that never got ready for failed when it is gone', async () => {
    const ref = await orphan('half-started');
    await kill(ref);
    edit('half-started', ref.id, { state: 'starting' });
    const supervisor = workshop.supervisor('half-started');
    const [found] = await supervisor.recover();
    expect(found).toMatchObject({ state: 'failed' });
    expect(await supervisor.status(ref)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('ended while no conductor was there'),
    });
  });

  it('does not take a stranger with the same process number for its environment', async () => {
    const ref = await orphan('stranger');
    await kill(ref);
    // It even listens where the environment did, and leads a group as the environment did.
    const server = `require('node:http').createServer((_request, response) => response.end())
      .listen(${ref.attributes.port}, '127.0.0.1', () => console.log('listening'))`;
    const stranger = spawn(process.execPath, ['-e', server], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    strays.add(stranger.pid ?? 0);
    await firstLine(stranger);
    edit('stranger', ref.id, { pid: stranger.pid ?? null });
    const supervisor = workshop.supervisor('stranger');
    const [found] = await supervisor.recover();
    expect(found).toMatchObject({ state: 'down' });
    await retired(supervisor, ref.id);
    expect(isRunning(stranger.pid ?? 0)).toBe(true);
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  });
});

/** Listens on the port as soon as the kernel gives it: a killed owner may hold it a little longer. */
async function occupy(port: number): Promise<Server> {
  for (;;) {
    const server = createServer().listen(port, '127.0.0.1');
    const [error] = await Promise.race([
      once(server, 'listening').then(() => []),
      once(server, 'error'),
    ]);
    if (!error) return server;
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('reviving an environment that does not run', () => {
  it('starts it again from its kept files on the same port', async () => {
    const ref = await orphan('revived');
    await kill(ref);
    const supervisor = workshop.supervisor('revived');
    const [found] = await supervisor.recover();
    expect(found).toMatchObject({ state: 'down', reason: 'is not running: its process is gone' });
    expect((await supervisor.status(ref)).state).toBe('failed');
    const [revived, same] = await Promise.all([
      supervisor.revive(ref.id),
      supervisor.revive(ref.id),
    ]);
    expect(revived.address).toBe(ref.address);
    expect(same).toEqual(revived);
    expect((await supervisor.status(revived)).state).toBe('ready');
  });

  it('takes a new port when the old one is in use', async () => {
    const ref = await orphan('moved');
    await kill(ref);
    const thief = await occupy(Number(ref.attributes.port));
    const supervisor = workshop.supervisor('moved');
    await supervisor.recover();
    const revived = await supervisor.revive(ref.id);
    thief.close();
    expect(revived.address).not.toBe(ref.address);
    expect((await supervisor.status(revived)).state).toBe('ready');
    expect(await fetch(`${revived.address}/`).then((response) => response.status)).toBe(200);
  });

  it('replaces a process that runs but is not healthy any more', async () => {
    const ref = await orphan('sick', {
      'server.mjs': `import { existsSync } from 'node:fs';\n${goodServer.replace(
        'response.end(',
        'response.statusCode = existsSync(`sick-${process.pid}`) ? 500 : 200; response.end(',
      )}`,
    });
    writeFileSync(join(workshop.home('sick', ref.id), `app/sick-${ref.attributes.pid}`), '');
    const supervisor = workshop.supervisor('sick');
    const [found] = await supervisor.recover();
    expect(found).toMatchObject({ state: 'down', reason: 'is not running: answered 500' });
    const revived = await supervisor.revive(ref.id);
    expect(isRunning(Number(ref.attributes.pid))).toBe(false);
    expect((await supervisor.status(revived)).state).toBe('ready');
  });

  it('works after an orderly exit too', async () => {
    const uri = await workshop.app('orderly');
    const first = workshop.supervisor('orderly');
    const { ref } = await settle(first, { uri, version: '1' });
    await first.stopAll();
    const second = workshop.supervisor('orderly');
    await second.recover();
    const revived = await second.revive(ref.id);
    expect((await second.status(revived)).state).toBe('ready');
  });

  it('says why when it dies again, and lets another attempt succeed', async () => {
    const ref = await orphan('relapse', {
      'server.mjs': `import { existsSync } from 'node:fs'; if (existsSync('broken')) { console.log('disk gone'); process.exit(9); }\n${goodServer}`,
    });
    await kill(ref);
    const broken = join(workshop.home('relapse', ref.id), 'app/broken');
    writeFileSync(broken, '');
    const supervisor = workshop.supervisor('relapse');
    await supervisor.recover();
    await expect(supervisor.revive(ref.id)).rejects.toMatchObject({
      name: 'ProvisionFailedError',
      message: expect.stringMatching(/exited with code 9; its last lines:\ndisk gone/),
    });
    rmSync(broken);
    expect((await supervisor.revive(ref.id)).id).toBe(ref.id);
  });

  it('refuses what it does not know and what never was ready', async () => {
    const supervisor = workshop.supervisor('unknown');
    await expect(supervisor.revive('shop-9-000000')).rejects.toMatchObject({
      name: 'ProvisionFailedError',
    });
    const uri = await workshop.app('never', { 'server.mjs': 'process.exit(1)' });
    const { ref } = await settle(supervisor, { uri, version: '1' });
    await expect(supervisor.revive(ref.id)).rejects.toMatchObject({
      name: 'ProvisionFailedError',
    });
  });
});
