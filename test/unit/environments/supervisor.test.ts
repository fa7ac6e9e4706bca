import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, environmentId } from '../../../lib/environments/process/record.ts';
import type { Timers } from '../../../lib/release/clock.ts';
import {
  eventually,
  goodServer,
  isRunning,
  openWorkshop,
  quickSpec,
  realTimers,
  retired,
  settle,
  type Workshop,
} from './process-harness.ts';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop();
});

afterAll(() => workshop.close());

const stubbornServer = `${goodServer}\nprocess.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => console.log('no'));`;

describe('starting an environment', () => {
  it('gives the process its port, its names and its own variables, but not the conductor’s', async () => {
    process.env.VERDIGRIS_TOKEN = 'secret';
    const supervisor = workshop.supervisor('variables');
    const uri = await workshop.app('variables');
    const spec = { ...quickSpec, env: { COLOUR: 'teal' } };
    const { ref, state } = await settle(supervisor, { uri, version: '1.0.0' }, spec);
    delete process.env.VERDIGRIS_TOKEN;
    expect(state).toBe('ready');
    const answer = await fetch(`${ref.address}/hello`).then((response) => response.json());
    expect(answer).toEqual({
      version: '1.0.0',
      environment: ref.id,
      service: 'shop',
      colour: 'teal',
      url: '/hello',
    });
    expect(ref.attributes).toEqual({
      pid: String(workshop.recordOf('variables', ref.id).pid),
      port: new URL(ref.address ?? '').port,
      directory: workshop.home('variables', ref.id),
    });
    expect(supervisor.facts(ref.id)).toMatchObject({
      command: ['node', 'server.mjs'],
      nodeVersion: process.version,
      variables: expect.arrayContaining(['COLOUR', 'PORT', 'VERDIGRIS_SERVICE']),
    });
    expect(JSON.stringify(supervisor.facts(ref.id))).not.toContain('teal');
  });

  it('starts one process however often and at once it is asked for', async () => {
    const supervisor = workshop.supervisor('once');
    const uri = await workshop.app('once');
    const request = {
      service: 'shop',
      artifact: { uri, version: '1.0.0+build/7' },
      releaseId: 'release-1',
      spec: quickSpec,
    };
    const refs = await Promise.all([1, 2, 3].map(() => supervisor.provision(request)));
    refs.push(await supervisor.provision(request));
    expect(new Set(refs.map(({ attributes }) => attributes.pid)).size).toBe(1);
    expect(refs[0]?.id).toMatch(/^shop-1\.0\.0-build-7-[0-9a-f]{6}$/);
    expect(supervisor.list()).toHaveLength(1);
  });

  it('is found, and not called removed, while it is only being begun', async () => {
    const supervisor = workshop.supervisor('begun');
    const uri = await workshop.app('begun');
    const artifact = { uri, version: '1' };
    const request = { service: 'shop', artifact, releaseId: 'release-1', spec: quickSpec };
    const provisioning = supervisor.provision(request);
    const found = supervisor.findOfRelease('shop', 'release-1');
    const id = environmentId('shop', '1', 'release-1');
    expect(supervisor.retire(id)).toBe('pending');
    expect((await found)?.ref).toEqual(await provisioning);
    expect(await supervisor.findOfRelease('shop', 'release-2')).toBeNull();
    await retired(supervisor, id);
    expect(await supervisor.findOfRelease('shop', 'release-1')).toBeNull();
  });

  it('starts in a folder of the artifact', async () => {
    const uri = await workshop.app('folder', { 'package/server.mjs': goodServer });
    const supervisor = workshop.supervisor('folder');
    const inside = { ...quickSpec, workingDirectory: 'package' };
    expect((await settle(supervisor, { uri, version: '1' }, inside)).state).toBe('ready');
  });

  it('refuses a folder that the artifact does not have, and leaves nothing behind', async () => {
    const uri = await workshop.app('no-folder');
    const supervisor = workshop.supervisor('no-folder');
    const spec = { ...quickSpec, workingDirectory: 'dist' };
    const begun = settle(supervisor, { uri, version: '1' }, spec);
    await expect(begun).rejects.toMatchObject({
      name: 'ArtifactInvalidError',
      message: expect.stringContaining('has no folder "dist"'),
    });
    expect(supervisor.list()).toEqual([]);
    const kept = await readdir(join(workshop.directory, 'state/no-folder'), { recursive: true });
    expect(kept.filter((path) => path.endsWith('.mjs'))).toEqual([]);
  });

  it('keeps the record and the log to their owner', async () => {
    const uri = await workshop.app('modes');
    const supervisor = workshop.supervisor('modes');
    const { ref } = await settle(supervisor, { uri, version: '1' });
    const modes = ['environment.json', 'output.log'].map(
      (name) => statSync(join(workshop.home('modes', ref.id), name)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600]);
  });
});

describe('what an environment tells besides its answers', () => {
  it('is the end of what its process has written', async () => {
    const supervisor = workshop.supervisor('telling');
    const uri = await workshop.app('telling');
    const { ref } = await settle(supervisor, { uri, version: '1.0.0' });

    await eventually(
      'output',
      () => supervisor.recentOutput(ref.id, 1000),
      (text) => text?.endsWith('listening\n') ?? false,
    );
    expect(supervisor.recentOutput(ref.id, 5)).toBe('ning\n');
    expect(supervisor.recentOutput('unknown', 5)).toBeNull();
  });
});

describe('an environment that does not get ready', () => {
  it('fails with its exit code and its last ten lines when it dies at start', async () => {
    const uri = await workshop.app('dies', {
      'server.mjs':
        'for (let i = 1; i <= 12; i += 1) console.log(`line ${i}`); console.error("no database"); process.exit(3);',
    });
    const supervisor = workshop.supervisor('dies');
    const { state, reason, ref } = await settle(supervisor, { uri, version: '1' });
    expect(state).toBe('failed');
    expect(reason).toBe(
      [
        'exited with code 3; its last lines:',
        ...[4, 5, 6, 7, 8, 9, 10, 11, 12].map((i) => `line ${i}`),
        'no database',
      ].join('\n'),
    );
    expect(workshop.recordOf('dies', ref.id)).toMatchObject({ state: 'failed', restarts: 0 });
  });

  it('names the signal that ended it', async () => {
    const uri = await workshop.app('killed', {
      'server.mjs': 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);',
    });
    const { reason } = await settle(workshop.supervisor('killed'), { uri, version: '1' });
    expect(reason).toBe('was ended by SIGKILL; it wrote nothing');
  });

  it('fails when its program does not exist', async () => {
    const uri = await workshop.app('no-program');
    const spec = { ...quickSpec, command: ['verdigris-no-such-program'] };
    const supervisor = workshop.supervisor('no-program');
    const { state, reason } = await settle(supervisor, { uri, version: '1' }, spec);
    expect(state).toBe('failed');
    expect(reason).toContain('could not be started: spawn verdigris-no-such-program ENOENT');
  });

  it('fails and is ended when it is never healthy', async () => {
    const uri = await workshop.app('sick', {
      'server.mjs': `${goodServer.replace('response.end(', 'response.statusCode = 503; response.end(')}; console.log('warming up for ever');`,
    });
    const supervisor = workshop.supervisor('sick');
    const spec = { ...quickSpec, readyWithinSeconds: 1 };
    const artifact = { uri, version: '1' };
    const { attributes } = await supervisor.provision({
      service: 'shop',
      artifact,
      releaseId: 'release-1',
      spec,
    });
    const { state, reason } = await settle(supervisor, artifact, spec);
    expect(state).toBe('failed');
    expect(reason).toMatch(/^was not healthy within 1s \(GET \/healthz: .+\); its last lines:/);
    expect(reason).toContain('warming up for ever');
    await eventually(
      'its end',
      () => isRunning(Number(attributes.pid)),
      (running) => !running,
    );
  });

  it('moves to another port when it lost the race for its own', async () => {
    const uri = await workshop.app('race', {
      'server.mjs': `
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
if (!existsSync('raced')) {
  writeFileSync('raced', process.env.PORT);
  const thief = createServer().listen(Number(process.env.PORT), process.env.HOST);
  await new Promise((resolve) => thief.once('listening', resolve));
}
${goodServer.replace(/^import/m, 'const { createServer: http } = await import("node:http");\n//').replace('createServer((', 'http((')}`,
    });
    const supervisor = workshop.supervisor('race');
    const { state, ref } = await settle(supervisor, { uri, version: '1' });
    expect(state).toBe('ready');
    const lost = readFileSync(join(workshop.home('race', ref.id), 'app/raced'), 'utf8');
    expect(ref.attributes.port).not.toBe(lost);
    const log = readFileSync(join(workshop.home('race', ref.id), 'output.log'), 'utf8');
    expect(log).toContain('EADDRINUSE');
  });

  it('gives up after a few lost ports', async () => {
    const uri = await workshop.app('unlucky', {
      'server.mjs': 'console.error("Error: listen EADDRINUSE"); process.exit(1);',
    });
    const { state, reason } = await settle(workshop.supervisor('unlucky'), { uri, version: '1' });
    expect(state).toBe('failed');
    expect(reason).toContain('EADDRINUSE');
  });
});

describe('a live environment that dies', () => {
  it('is started again on the same port, and the restart is counted and logged', async () => {
    const lines: string[] = [];
    const log = { info: () => {}, warn: () => {}, error: (line: string) => void lines.push(line) };
    const supervisor = workshop.supervisor('restart', { log });
    const uri = await workshop.app('restart');
    const { ref } = await settle(supervisor, { uri, version: '1' });
    process.kill(Number(ref.attributes.pid), 'SIGKILL');
    await eventually(
      'its restart',
      () => supervisor.list()[0],
      (found) => found?.restarts === 1,
    );
    const again = await eventually(
      'its health',
      () => supervisor.status(ref),
      ({ state }) => state === 'ready',
    );
    expect(again.state).toBe('ready');
    expect(supervisor.find(ref.id)?.ref.address).toBe(ref.address);
    expect(workshop.recordOf('restart', ref.id)).toMatchObject({ state: 'live', restarts: 1 });
    expect(lines[0]).toContain('was ended by SIGKILL; it is started again after 1s');
  });

  it('waits twice as long with every death, and no longer than half a minute', async () => {
    const waits: (string | undefined)[] = [];
    const error = (line: string) => void waits.push(/again after (\S+)$/.exec(line)?.[1]);
    const log = { info: () => {}, warn: () => {}, error };
    let isHurried = false;
    const timers: Timers = {
      after: (delayMs, callback) => realTimers.after(isHurried ? 1 : delayMs, callback),
    };
    const supervisor = workshop.supervisor('backoff', { log, timers });
    const uri = await workshop.app('backoff', {
      'server.mjs': `import { existsSync } from 'node:fs'; if (existsSync('broken')) process.exit(1);\n${goodServer}`,
    });
    const { ref } = await settle(supervisor, { uri, version: '1' });
    await writeFile(join(workshop.home('backoff', ref.id), 'app/broken'), '');
    isHurried = true;
    process.kill(Number(ref.attributes.pid), 'SIGKILL');
    await eventually(
      'seven deaths',
      () => waits.length,
      (count) => count >= 7,
    );
    expect(waits.slice(0, 7)).toEqual(['1s', '2s', '4s', '8s', '16s', '30s', '30s']);
    await retired(supervisor, ref.id);
  });
});

describe('retiring an environment', () => {
  it('ends the process, keeps the log and removes the rest', async () => {
    const supervisor = workshop.supervisor('retire');
    const uri = await workshop.app('retire');
    const { ref } = await settle(supervisor, { uri, version: '1' });
    expect(supervisor.retire(ref.id)).toBe('pending');
    expect((await supervisor.status(ref)).state).toBe('gone');
    await retired(supervisor, ref.id);
    expect(isRunning(Number(ref.attributes.pid))).toBe(false);
    expect((await readdir(workshop.home('retire', ref.id))).sort()).toEqual([
      'environment.json',
      'output.log',
    ]);
    expect(supervisor.retire(ref.id)).toBe('retired');
    expect(supervisor.find(ref.id)).toBeNull();
  });

  it('does not let a late provision of the same release bring it back', async () => {
    const supervisor = workshop.supervisor('late');
    const uri = await workshop.app('late');
    const { ref } = await settle(supervisor, { uri, version: '1' });
    await retired(supervisor, ref.id);
    await expect(settle(supervisor, { uri, version: '1' })).rejects.toMatchObject({
      name: 'ProvisionFailedError',
    });
    expect(supervisor.list()).toEqual([]);
  });

  it('lets a request in flight finish', async () => {
    const uri = await workshop.app('in-flight', {
      'server.mjs': `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  if (request.url !== '/slow') return response.end('ok');
  response.setHeader('connection', 'close');
  response.write('first;');
  process.once('SIGTERM', () => setTimeout(() => response.end('last'), 100));
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => server.close());
`,
    });
    const supervisor = workshop.supervisor('in-flight');
    const { ref } = await settle(supervisor, { uri, version: '1' });
    const response = await fetch(`${ref.address}/slow`);
    supervisor.retire(ref.id);
    expect(await response.text()).toBe('first;last');
    await retired(supervisor, ref.id);
  });

  it('kills what ignores SIGTERM, with everything that it started', async () => {
    const uri = await workshop.app('stubborn', {
      'server.mjs': `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)']);
writeFileSync('child.pid', String(child.pid));
${stubbornServer}`,
    });
    const supervisor = workshop.supervisor('stubborn');
    const spec = { ...quickSpec, stopWithinSeconds: 0.3 };
    const { ref } = await settle(supervisor, { uri, version: '1' }, spec);
    const home = workshop.home('stubborn', ref.id);
    const child = Number(readFileSync(join(home, 'app/child.pid'), 'utf8'));
    expect(isRunning(child)).toBe(true);
    await retired(supervisor, ref.id);
    expect(isRunning(Number(ref.attributes.pid))).toBe(false);
    await eventually(
      'the child ending',
      () => isRunning(child),
      (running) => !running,
    );
    expect(readFileSync(join(home, 'output.log'), 'utf8')).toContain('no');
  });
});

describe('the conductor’s orderly exit', () => {
  it('ends every process, keeps their files, and refuses new ones', async () => {
    const supervisor = workshop.supervisor('exit');
    const uri = await workshop.app('exit');
    const { ref } = await settle(supervisor, { uri, version: '1' });
    await supervisor.stopAll();
    expect(isRunning(Number(ref.attributes.pid))).toBe(false);
    expect(existsSync(join(workshop.home('exit', ref.id), 'app/server.mjs'))).toBe(true);
    expect(workshop.recordOf('exit', ref.id)).toMatchObject({ state: 'down', pid: null });
    await expect(
      settle(supervisor, { uri, version: '2' }, quickSpec, 'release-2'),
    ).rejects.toMatchObject({ name: 'ProvisionFailedError' });
  });
});

describe('an exit in the middle of something', () => {
  it('leaves no process behind of what was just being begun', async () => {
    const supervisor = workshop.supervisor('exit-begin');
    const uri = await workshop.app('exit-begin');
    const request = {
      service: 'shop',
      artifact: { uri, version: '1' },
      releaseId: 'r1',
      spec: quickSpec,
    };
    const begun = supervisor.provision(request).then(
      () => 'begun',
      (error: Error) => error.name,
    );
    await supervisor.stopAll();
    expect(await begun).toBe('ProvisionFailedError');
    expect(supervisor.list()).toEqual([]);
  });

  it('does not revive what is removed at the same time', async () => {
    const uri = await workshop.app('exit-revive');
    const first = workshop.supervisor('exit-revive');
    const { ref } = await settle(first, { uri, version: '1' });
    await first.stopAll();
    const supervisor = workshop.supervisor('exit-revive');
    await supervisor.recover();
    const reviving = supervisor.revive(ref.id).then(
      () => 'revived',
      (error: Error) => error.name,
    );
    await retired(supervisor, ref.id);
    expect(await reviving).toBe('ProvisionFailedError');
    expect(workshop.recordOf('exit-revive', ref.id)).toMatchObject({ state: 'retired', pid: null });
  });
});

describe('two environments', () => {
  it('never share a port, also while one of them is being started again', async () => {
    const supervisor = workshop.supervisor('two');
    const uri = await workshop.app('two');
    const started = await Promise.all(
      [1, 2, 3, 4].map((i) => settle(supervisor, { uri, version: `${i}` }, quickSpec, `r${i}`)),
    );
    expect(new Set(started.map(({ ref }) => ref.address)).size).toBe(4);
    expect(started.every(({ ref }) => ref.address === addressOf(Number(ref.attributes.port)))).toBe(
      true,
    );
  });

  it('do not mind what else lies in the folder', async () => {
    const home = join(workshop.directory, 'state/litter/environments/broken');
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'environment.json'), '{"schema": 1, "id":');
    const errors: string[] = [];
    const log = { info: () => {}, warn: () => {}, error: (line: string) => void errors.push(line) };
    expect(await workshop.supervisor('litter', { log }).recover()).toEqual([]);
    expect(errors).toEqual(['broken cannot be recovered']);
  });
});
