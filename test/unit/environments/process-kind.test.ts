import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEnvironment, environmentKinds } from '../../../lib/environments/index.ts';
import { createProcessEnvironment } from '../../../lib/environments/process.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import {
  eventually,
  openWorkshop,
  realClock,
  realTimers,
  type Workshop,
} from './process-harness.ts';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop();
});

afterAll(() => workshop.close());

const base = { clock: realClock, timers: realTimers, log: silentLogger };

function issuesOf(environment: Record<string, unknown>): string {
  const router = { kind: 'none' };
  const kinds = {
    environment: environmentKinds,
    router: [],
    check: [],
    signals: [],
    metrics: [],
    notifier: [],
    webhook: [],
  };
  try {
    parseManifest(
      { service: 'shop', environment: { kind: 'process', ...environment }, router },
      kinds,
    );
    return '';
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .filter((line) => line.startsWith('environment'))
      .join('\n');
  }
}

describe('the process part of a manifest', () => {
  it.each<[string, Record<string, unknown>]>([
    ['a command', { command: 'node server.mjs' }],
    ['a list of words', { command: ['node', 'server.mjs', '--flag=$X'] }],
    [
      'everything',
      {
        command: 'node "my server.mjs"',
        healthPath: '/healthz?deep=1',
        readyWithin: '1m',
        stopWithin: '500ms',
        env: { LEVEL: 'debug' },
        workingDirectory: 'package',
        warm: ['/', '/products'],
      },
    ],
  ])('accepts %s', (_name, environment) => {
    expect(issuesOf(environment)).toBe('');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no command', {}, 'environment.command: '],
    ['a shell command', { command: 'npm ci && npm start' }, 'only a shell understands'],
    ['an empty list', { command: [] }, 'environment.command: '],
    ['a path without /', { command: 'node', healthPath: 'healthz' }, 'starts with /'],
    ['a time without unit', { command: 'node', readyWithin: 30 }, 'needs a duration'],
    ['a reserved variable', { command: 'node', env: { PORT: '80' } }, 'PORT'],
    [
      'a reserved prefix',
      { command: 'node', env: { VERDIGRIS_VERSION: '1' } },
      'VERDIGRIS_VERSION',
    ],
    ['a number as a variable', { command: 'node', env: { LEVEL: 3 } }, 'quote numbers'],
    ['a folder outside', { command: 'node', workingDirectory: '../x' }, 'inside the artifact'],
    ['an absolute folder', { command: 'node', workingDirectory: '/x' }, 'inside the artifact'],
    ['a misspelt key', { command: 'node', helthPath: '/' }, 'did you mean "healthPath"?'],
  ])('refuses %s', (_name, environment, reason) => {
    expect(issuesOf(environment)).toContain(reason);
  });
});

describe('the registry of environments', () => {
  it('says which platform has the kind where there is no supervisor', async () => {
    await expect(
      createEnvironment({ kind: 'process', command: 'node' }, 'shop', base),
    ).rejects.toEqual(
      expect.objectContaining({
        name: 'KindUnavailableError',
        message: expect.stringContaining('local platform'),
      }),
    );
  });

  it('names the kinds there are', async () => {
    await expect(createEnvironment({ kind: 'proces' }, 'shop', base)).rejects.toEqual(
      expect.objectContaining({
        name: 'KindUnavailableError',
        message: expect.stringContaining('process'),
      }),
    );
  });
});

describe('a process environment', () => {
  it('reads its warm paths once, and takes no harm from those that fail', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      if (request.url === '/broken') response.destroy();
      else response.end('warm');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = { kind: 'process', command: 'node', warm: ['/', '/broken', '/products'] };
    const supervisor = workshop.supervisor('warm');
    const environment = await createEnvironment(config, 'shop', { ...base, supervisor });
    await environment.warm({ id: 'a', kind: 'process', version: '1', address, attributes: {} });
    server.close();
    server.closeAllConnections();
    expect(asked.sort()).toEqual(['/', '/broken', '/products']);
  });

  it('is not found by another service', async () => {
    const supervisor = workshop.supervisor('services');
    const config = { kind: 'process', command: 'node server.mjs' };
    const shop = createProcessEnvironment(config, 'shop', { ...base, supervisor });
    const bank = await createEnvironment(config, 'bank', { ...base, supervisor });
    const ref = await shop.provision({ uri: await workshop.app('services'), version: '1' }, 'r1');
    await eventually(
      'health',
      () => shop.status(ref),
      ({ state }) => state === 'ready',
    );
    expect((await shop.lookup(ref.id))?.id).toBe(ref.id);
    expect(await bank.lookup(ref.id)).toBeNull();
    expect(await bank.ofRelease('r1')).toBeNull();
  });
});
